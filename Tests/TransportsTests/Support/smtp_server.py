"""A mail server on a port of this machine. Prints its port, then what it takes, as lines of JSON.

Arguments: --port N (else any that is free), --recipient-status N, --data-status N, --quit-silent, --silent,
--certificate FILE --key FILE, --tls, --password TEXT (then nobody may send without signing in as `fordeler`).
"""
import argparse
import asyncio
import email
import email.policy
import json
import os
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult


def tell(**what):
    print(json.dumps(what), flush=True)


class Taker:
    def __init__(self, options):
        self.options = options

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.options.recipient_status and address.startswith("gone"):
            return f"{self.options.recipient_status} no such user 0101701234"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.options.data_status:
            return f"{self.options.data_status} not now"
        raw = envelope.content
        message = email.message_from_bytes(raw, policy=email.policy.default)
        tell(
            sender=envelope.mail_from,
            receivers=envelope.rcpt_tos,
            headers=message.keys(),
            subject=message["Subject"],
            to=message["To"],
            id=message["Message-ID"],
            date=message["Date"].datetime.isoformat() if message["Date"] else "",
            automatic=message["Auto-Submitted"],
            type=message.get_content_type(),
            text=message.get_content().replace("\r\n", "\n"),
            longest=max(len(line) for line in raw.split(b"\r\n")),
            bare=raw.replace(b"\r\n", b"").count(b"\n") + raw.replace(b"\r\n", b"").count(b"\r"),
            defects=[str(one) for one in message.defects],
            encrypted=session.ssl is not None,
            user=session.auth_data or "",
        )
        return "250 taken"

    async def handle_QUIT(self, server, session, envelope):
        if self.options.quit_silent:
            await asyncio.sleep(3600)
        return "221 bye"


async def silence(reader, writer):
    tell(connected=True)
    await asyncio.sleep(3600)


async def main(options):
    loop = asyncio.get_running_loop()
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)

    def sign_in(server, session, envelope, mechanism, data):
        is_right = data.login == b"fordeler" and data.password == options.password.encode()
        return AuthResult(success=is_right, handled=False, auth_data="fordeler")

    def one():
        return SMTP(
            Taker(options), hostname="localhost", loop=loop, tls_context=None if options.tls else context,
            auth_required=bool(options.password), authenticator=sign_in,
        )

    if options.silent:
        server = await asyncio.start_server(silence, "127.0.0.1", 0)
    else:
        server = await loop.create_server(one, "127.0.0.1", options.port, ssl=context if options.tls else None)
    tell(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--recipient-status", type=int)
parser.add_argument("--data-status", type=int)
parser.add_argument("--quit-silent", action="store_true")
parser.add_argument("--silent", action="store_true")
parser.add_argument("--tls", action="store_true")
parser.add_argument("--certificate")
parser.add_argument("--key")
parser.add_argument("--password", default="")
asyncio.run(main(parser.parse_args()))
