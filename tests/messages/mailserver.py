"""A mail server and a gateway for text messages, real ones on ports of this machine, which tests start and stop."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.servers import free_port

USER, PASSWORD = "khaibao", "mat khau: /@?#%"


@dataclass
class Mails:
    """What came, and what the server says to each address and text."""

    came: list[EmailMessage] = field(default_factory=list)
    recipient_answer: str = "250 OK"
    data_answer: str = "250 OK"
    signed_in: list[str] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.recipient_answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.data_answer.startswith("2"):
            self.came.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.data_answer


@contextlib.contextmanager
def mail_server(mails: Mails, port: int, *, sign_in: bool = False) -> Iterator[None]:
    """Serve SMTP on a port for as long as the block lasts."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        fits = isinstance(given, LoginPassword) and (given.login, given.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        mails.signed_in.append("yes" if fits else "no")
        return AuthResult(success=fits, handled=False)

    options = {"authenticator": check, "auth_required": True, "auth_require_tls": False} if sign_in else {}
    controller = Controller(mails, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@dataclass
class Gateway:
    """What a gateway was sent, and what it answers."""

    port: int = field(default_factory=free_port)
    status: int = 200
    came: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    hang_up: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/send?from=cdc"

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Serve for as long as the block lasts."""
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.came.append({**body, "path": self.path})
                gateway.headers.append(dict(self.headers))
                if gateway.hang_up:
                    self.close_connection = True
                    return
                self.send_response(gateway.status)
                if 300 <= gateway.status < 400:
                    self.send_header("Location", f"http://127.0.0.1:{gateway.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
