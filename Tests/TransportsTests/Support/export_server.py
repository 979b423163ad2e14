"""A server of exports on a port of this machine. Prints its port, then each request, as lines of JSON.

What it answers stands in the file --answer, which is read at each request, as JSON:
  file      the path of the body
  status    instead of 200
  etag, modified
            sent with the body; 304 when the request names the etag, or the time where there is no etag
  token     others get 401
  redirect  the target; only for the path /export
  length    announced instead of the true one; null for none
  cut       only so many bytes are sent, then the connection is closed
  chunked   true: in pieces, without a length; with "cut" the end is missing
  hang      true: nothing more is sent, and the connection stays open
With --certificate FILE --key FILE it speaks HTTPS. Arguments: --port N (else any that is free).
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


class Exports(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with open(options.answer, encoding="utf-8") as file:
            answer = json.load(file)
        status = self.status(answer)
        names = ("authorization", "if-none-match", "if-modified-since", "accept-encoding", "cookie")
        tell(path=self.path, status=status, headers={name: self.headers[name] for name in names if self.headers[name]})
        self.send_response(status)
        if status in (301, 302, 303, 307, 308):
            self.send_header("Location", answer["redirect"])
        for header, key in (("ETag", "etag"), ("Last-Modified", "modified")):
            if answer.get(key):
                self.send_header(header, answer[key])
        body = b""
        if status == 200:
            with open(answer["file"], "rb") as file:
                body = file.read()
        elif status != 304:
            body = b"<html>6101800011</html>"
        part = body[:answer["cut"]] if status == 200 and "cut" in answer else body
        chunked = status == 200 and answer.get("chunked")
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.get("length", 0) is not None or status != 200:
            self.send_header("Content-Length", str((status == 200 and answer.get("length")) or len(body)))
        self.end_headers()
        if chunked:
            half = len(part) // 2
            for piece in (part[:half], part[half:]):
                if piece:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if "cut" not in answer:
                self.wfile.write(b"0\r\n\r\n")
        else:
            self.wfile.write(part)
        if answer.get("hang"):
            self.wfile.flush()
            time.sleep(3600)
        if part != body or len(part) != int(answer.get("length") or len(part)) or answer.get("length", 0) is None:
            self.close_connection = True

    def status(self, answer):
        if answer.get("token") and self.headers["Authorization"] != "Bearer " + answer["token"]:
            return 401
        if "redirect" in answer and self.path == "/export":
            return answer.get("status", 302)
        if answer.get("etag") and self.headers["If-None-Match"] == answer["etag"]:
            return 304
        modified = answer.get("modified")
        if modified and not answer.get("etag") and self.headers["If-Modified-Since"] == modified:
            return 304
        return 200 if "redirect" in answer else answer.get("status", 200)

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
parser.add_argument("--answer", required=True)
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--certificate")
parser.add_argument("--key")
options = parser.parse_args()
server = Server(("127.0.0.1", options.port), Exports)
if options.certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
tell(port=server.server_port)
server.serve_forever()
