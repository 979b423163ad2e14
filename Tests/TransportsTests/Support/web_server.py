"""A web server on a free port of this machine. Prints its port, then what it is sent, as lines of JSON.

What it answers stands in the path: /status/N, /redirect, /slow (nothing for an hour), /endless (a body without end).
With --certificate FILE --key FILE it speaks HTTPS.
"""
import argparse
import http.server
import json
import os
import ssl
import sys
import threading
import time


def tell(**what):
    print(json.dumps(what), flush=True)


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        names = ("webhook-id", "webhook-timestamp", "content-type", "authorization")
        tell(path=self.path, body=body.decode(), headers={name: self.headers.get(name, "") for name in names})
        if self.path == "/slow":
            time.sleep(3600)
        elif self.path == "/redirect":
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/status/200")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                tell(hungUp=True)
                self.close_connection = True
        else:
            self.send_response(int(self.path.split("/")[-1]))
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_GET = do_POST

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
parser = argparse.ArgumentParser()
parser.add_argument("--certificate")
parser.add_argument("--key")
options = parser.parse_args()
server = Server(("127.0.0.1", 0), Answers)
if options.certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
tell(port=server.server_port)
server.serve_forever()
