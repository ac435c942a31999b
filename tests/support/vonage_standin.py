"""A stand-in for Vonage's API on 127.0.0.1, spoken to over TLS by the real SDK.

In a test: ``with VonageStandin() as vonage: vonage.answer_with("429:2", "202")``. The behaviours given are
used one a request; after the last, ``vonage.default`` is used. Beside a running site, as a process of its
own:

    python -m tests.support.vonage_standin --port 0 --log requests.jsonl --default 202 --ca ca.pem
    [--behaviours 500,202]

prints one JSON line ``{"port", "ca"}`` when it is ready. A running one is told what to do next with
``PUT /standin/behaviours`` and a JSON list. Each POST, and each look at the calls, is one JSON line in the log.

Behaviours, with what may follow a colon:

| 202 … 599[#code][:seconds] | that status; Vonage's error code in the body; seconds as Retry-After          |
| slow:S                     | waits S seconds, then 202                                                     |
| drip:S, drip-body:S        | a byte of the answer (or of its body) every S seconds                         |
| close, reset, half         | reads the request; then closes, resets, or closes in the middle of the answer |
| hang                       | reads the request and says nothing more                                       |
| flood                      | an answer without end                                                         |
| html, empty, odd, list     | a 2xx that is no JSON, is empty, is another object, is a list                 |
| redirect[:status]          | to another path of this server                                                |
"""

import argparse
import json
import random
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import trustme

MESSAGES = "/v1/messages"
CALLS = "/v1/calls"
INSIGHTS = "/identity-insights/v1/requests"
CONTROL = "/standin/behaviours"

TlsMode = Literal["trusted", "untrusted", "wrong-host", "silent"]


@dataclass(frozen=True)
class SeenRequest:
    """One POST, or one look at the calls, as it came in."""

    at: float
    path: str
    authorization: str
    body: dict[str, Any]
    behaviour: str
    headers: dict[str, str] = field(repr=False)


class VonageStandin:
    """The server and what it has seen. ``host`` is a VONAGE_API_HOST, ``ca_pem`` what makes it trusted."""

    def __init__(
        self,
        *,
        port: int = 0,
        default: str = "202",
        tls: TlsMode = "trusted",
        log: Path | None = None,
        ca: trustme.CA | None = None,
    ) -> None:
        self.default = default
        #: What texts to one number always meet: "447400123456" -> "403".
        self.numbers: dict[str, str] = {}
        self.tls = tls
        self.mix: dict[str, float] = {}
        #: What Identity Insights say, by the name of the insight.
        self.insights: dict[str, Any] = {
            "current_carrier": {"network_type": "MOBILE", "status": {"code": "OK"}},
            "sim_swap": {"is_swapped": False, "status": {"code": "OK"}},
        }
        self.requests: list[SeenRequest] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._random = random.Random(20261124)
        self._next: deque[str] = deque()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._log = log.open("a", encoding="utf-8") if log else None
        self._ca = ca or _authority()
        self.ca_pem = self._ca.cert_pem.bytes()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and every connection."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:  # closed in the meantime
                pass
        if self._log:
            self._log.close()

    def answer_with(self, *behaviours: str) -> None:
        """What the next requests meet, one each."""
        for behaviour in behaviours:
            _parse(behaviour)
        with self._lock:
            self._next.extend(behaviours)

    def choose(self, to: object = None) -> str:
        with self._lock:
            if isinstance(to, str) and to in self.numbers:
                return self.numbers[to]
            if self._next:
                return self._next.popleft()
            if self.mix:
                return self._random.choices(list(self.mix), list(self.mix.values()))[0]
            return self.default

    def saw(self, request: SeenRequest) -> None:
        with self._lock:
            self.requests.append(request)
            if self._log:
                line = {name: value for name, value in vars(request).items() if name != "headers"}
                self._log.write(json.dumps(line) + "\n")
                self._log.flush()

    def secured(self, connection: socket.socket) -> socket.socket | None:
        """The connection with TLS on it; None when none will come of it."""
        if self.tls == "silent":
            self.stopping.wait(60)
            return None
        try:
            secured = self._context().wrap_socket(connection, server_side=True)
        except OSError:  # the client did not like the certificate, which may be what is tested
            return None
        with self._lock:
            self.connections += 1
            self._open.add(secured)
        return secured

    def _context(self) -> ssl.SSLContext:
        if self.tls == "untrusted":
            return _certified(trustme.CA(), "localhost", "127.0.0.1")
        if self.tls == "wrong-host":
            return _certified(self._ca, "elsewhere.example")
        return _certified(self._ca, "localhost", "127.0.0.1")

    def ended(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], standin: VonageStandin) -> None:
        self.standin = standin
        super().__init__(address, _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread, so that a slow handshake holds up nobody else."""
        secured = self.standin.secured(request)
        if secured is None:
            return
        try:
            super().finish_request(secured, client_address)
        except OSError:  # the client gave up
            pass
        finally:
            self.standin.ended(secured)
            secured.close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    # Without these two each answer waits some 40 ms for the client's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self._meet(json.loads(self._body()))

    def _meet(self, body: dict[str, Any]) -> None:
        standin = self.server.standin
        behaviour = standin.choose(body.get("to"))
        standin.saw(
            SeenRequest(
                at=time.time(),
                path=self.path,
                authorization=self.headers.get("Authorization", ""),
                body=body,
                behaviour=behaviour,
                headers=dict(self.headers.items()),
            )
        )
        name, code, value = _parse(behaviour)
        if name.isdigit():
            self._status(int(name), code, value)
        else:
            getattr(self, f"_do_{name.replace('-', '_')}")(value)

    def do_GET(self) -> None:
        if urlsplit(self.path).path == CALLS:
            self._meet({})
        else:
            self._answer(200, b"{}")

    def do_PUT(self) -> None:
        """How another process says what comes next."""
        wanted = json.loads(self._body())
        if self.path == CONTROL:
            self.server.standin.answer_with(*wanted)
        self._answer(200, b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _success(self) -> tuple[int, bytes]:
        if self.path == MESSAGES:
            return 202, json.dumps({"message_uuid": str(uuid.uuid4())}).encode()
        if self.path == INSIGHTS:
            told = {"request_id": str(uuid.uuid4()), "insights": self.server.standin.insights}
            return 200, json.dumps(told).encode()
        if self.command == "GET":
            return 200, b'{"count": 0, "_embedded": {"calls": []}}'
        return 201, json.dumps(
            {
                "uuid": str(uuid.uuid4()), "conversation_uuid": f"CON-{uuid.uuid4()}", "status": "started",
                "direction": "outbound",
            }
        ).encode()  # fmt: skip

    def _status(self, status: int, code: str, retry_after: str) -> None:
        if status < 300:
            _, body = self._success()
            self._answer(status, body)
            return
        problem = {
            "type": f"https://developer.vonage.com/api-errors/messages#{code}" if code else "about:blank",
            "title": HTTPStatus(status).phrase,
            # Vonage quotes what it was given; nothing of it may be kept.
            "detail": f"quoted: {self._quoted()}",
            "instance": str(uuid.uuid4()),
        }
        headers = {"Retry-After": retry_after} if retry_after else {}
        self._answer(status, json.dumps(problem).encode(), "application/problem+json", headers)

    def _quoted(self) -> str:
        return json.dumps(self.server.standin.requests[-1].body)

    def _answer(
        self, status: int, body: bytes, kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> None:
        self.wfile.write(self._head(status, len(body), kind, headers or {}) + body)
        self.wfile.flush()

    def _head(self, status: int, length: int, kind: str, headers: dict[str, str]) -> bytes:
        lines = {"Content-Type": kind, "Content-Length": str(length), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{head}\r\n".encode("ascii")

    # --- the faults

    def _do_slow(self, seconds: str) -> None:
        self.server.standin.stopping.wait(float(seconds))
        self._answer(*self._success())

    def _do_drip(self, seconds: str) -> None:
        status, body = self._success()
        self._drip(self._head(status, len(body), "application/json", {}) + body, float(seconds))

    def _do_drip_body(self, seconds: str) -> None:
        status, body = self._success()
        self.wfile.write(self._head(status, len(body), "application/json", {}))
        self._drip(body, float(seconds))

    def _drip(self, data: bytes, seconds: float) -> None:
        for index in range(len(data)):
            self.wfile.write(data[index : index + 1])
            self.wfile.flush()
            if self.server.standin.stopping.wait(seconds):
                return

    def _do_close(self, _: str) -> None:
        self.close_connection = True

    def _do_reset(self, _: str) -> None:
        self.close_connection = True
        # Lingering for no time turns the close into a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket.close(self.connection)

    def _do_half(self, _: str) -> None:
        self.close_connection = True
        status, body = self._success()
        self.wfile.write(self._head(status, len(body), "application/json", {}) + body[: len(body) // 2])
        self.wfile.flush()

    def _do_hang(self, _: str) -> None:
        self.close_connection = True
        self.server.standin.stopping.wait(60)

    def _do_flood(self, _: str) -> None:
        self.close_connection = True
        self.wfile.write(self._head(202, 10**9, "application/json", {}))
        while not self.server.standin.stopping.is_set():
            self.wfile.write(b" " * 65536)

    def _do_html(self, _: str) -> None:
        self._answer(200, b"<html><body>maintenance</body></html>", "text/html")

    def _do_empty(self, _: str) -> None:
        self._answer(202, b"")

    def _do_odd(self, _: str) -> None:
        self._answer(202, b'{"hello": "world"}')

    def _do_list(self, _: str) -> None:
        self._answer(202, b'["message_uuid"]')

    def _do_redirect(self, status: str) -> None:
        self._answer(int(status or "302"), b"", headers={"Location": "/v1/elsewhere"})


def _parse(behaviour: str) -> tuple[str, str, str]:
    """``"422#1170:2"`` -> ("422", "1170", "2"). Raises ValueError for a behaviour there is none of."""
    name, _, value = behaviour.partition(":")
    name, _, code = name.partition("#")
    if not name.isdigit() and not hasattr(_Handler, f"_do_{name.replace('-', '_')}"):
        raise ValueError(f"no such behaviour: {behaviour}")
    return name, code, value


@cache
def _authority() -> trustme.CA:
    """One for all stand-ins of this process that do not bring their own."""
    return trustme.CA()


@cache
def _certified(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(context)
    return context


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="vonage_standin", description="A stand-in for Vonage's API")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="JSON lines, one for each POST")
    parser.add_argument(
        "--ca", type=Path, required=True, help="where to write the certificate to trust (PEM)"
    )
    parser.add_argument("--default", default="202", help="the behaviour when nothing else was asked for")
    parser.add_argument("--behaviours", default="", help="comma list, used first")
    parser.add_argument("--mix", default="", help="shares of behaviours, such as 202=0.9,500=0.05,close=0.05")
    parser.add_argument("--tls", default="trusted", choices=["trusted", "untrusted", "wrong-host", "silent"])
    given = parser.parse_args(arguments)
    standin = VonageStandin(port=given.port, default=given.default, tls=given.tls, log=given.log)
    standin.answer_with(*filter(None, given.behaviours.split(",")))
    standin.mix = {
        name: float(share) for name, _, share in (m.partition("=") for m in given.mix.split(",") if m)
    }
    given.ca.write_bytes(standin.ca_pem)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with standin:
        sys.stdout.write(json.dumps({"port": standin.port, "ca": str(given.ca)}) + "\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
