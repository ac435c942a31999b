"""A real SMTP server (aiosmtpd) on 127.0.0.1, with a certificate of its own, that can be told to misbehave."""

import asyncio
import socket
import ssl
import threading
from types import TracebackType
from typing import Any, Literal, Self

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Encryption = Literal["starttls", "implicit", "none"]
DROP = "drop"


class SmtpServer:
    """``replies``: what to say instead of 250, by stage (``MAIL``, ``RCPT``, ``DATA``); ``DROP`` cuts the line."""

    def __init__(self, encryption: Encryption = "starttls", *, password: str | None = None) -> None:
        self.replies: dict[str, str] = {}
        self.received: list[Envelope] = []
        self.signed_in: list[str] = []
        self.sessions = 0
        ca = trustme.CA()
        self.ca_pem = ca.cert_pem.bytes()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        self._encryption = encryption
        self._context = context
        self._password = password
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        tls = self._context if self._encryption == "implicit" else None
        server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, sock=self._socket, ssl=tls)
        )
        self._ready.set()
        self._loop.run_forever()
        server.close()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _protocol(self) -> SMTP:
        self.sessions += 1
        options: dict[str, Any] = {"enable_SMTPUTF8": True, "loop": self._loop, "hostname": "mail.example"}
        if self._encryption == "starttls":
            options |= {"tls_context": self._context, "require_starttls": True}
        if self._password is None:
            options |= {"auth_exclude_mechanism": ["LOGIN", "PLAIN"]}
        else:
            # aiosmtpd counts only STARTTLS as TLS.
            options |= {
                "authenticator": self._authenticate,
                "auth_require_tls": self._encryption == "starttls",
            }
        return SMTP(_Handler(self), **options)

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> Any:
        given = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        if given.password.decode() != self._password:
            return AuthResult(success=False, handled=False)
        self.signed_in.append(given.login.decode())
        return AuthResult(success=True)


class _Handler:
    def __init__(self, owner: SmtpServer) -> None:
        self._owner = owner

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._reply(server, "MAIL")
        if reply.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._reply(server, "RCPT")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._owner.received.append(envelope)
        return self._reply(server, "DATA")

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return self._owner.replies.get("QUIT", "221 Bye")

    def _reply(self, server: SMTP, stage: str) -> str:
        reply = self._owner.replies.get(stage, "250 OK")
        if reply == DROP:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return reply
