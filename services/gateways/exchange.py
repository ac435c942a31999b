"""One exchange with a provider: how long it may take in all, and whether anything went out.

Socket timeouts bound each read, so a peer that sends a byte now and then holds a thread for hours; and the
exceptions of an HTTP client do not say whether the request had left. Both are known for certain in one place,
the TLS socket, which is why it is ours: ``guarded(context)`` makes a TLS context open sockets that keep to
the exchange of their thread. Outside an exchange such a socket is an ordinary one.
"""

import ssl
import threading
import time
from types import TracebackType
from typing import Any, Self, TypeVar

MAX_ANSWER_BYTES = 256 * 1024

_current = threading.local()
_Context = TypeVar("_Context", bound=ssl.SSLContext)


class Exchange:
    """``with Exchange(seconds=10) as exchange: ...``, for the TLS sockets this thread uses inside the block.

    ``wrote`` turns true when the first byte of application data is about to go out. While it is false the
    peer has seen no request, whatever exception says otherwise. Past the deadline, or past 256 KiB of answer,
    reads and writes raise TimeoutError or ConnectionAbortedError.
    """

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._received = 0
        self.wrote = False

    def __enter__(self) -> Self:
        _current.exchange = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.exchange = None

    def shortest(self, timeout: float | None) -> float:
        """``timeout``, or what is left of the exchange if that is less. Raises TimeoutError when nothing is."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the exchange took too long")
        return left if timeout is None else min(timeout, left)

    def count(self, received: int) -> None:
        self._received += received
        if self._received > MAX_ANSWER_BYTES:
            raise ConnectionAbortedError("the answer is too long")


class _GuardedSocket(ssl.SSLSocket):
    # What the HTTP client asked for. Kept apart, so that a connection used again does not go on with the little
    # that was left of an earlier exchange.
    _timeout: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._timeout = value
        super().settimeout(value)

    def send(self, data: Any, flags: int = 0) -> int:
        exchange = _exchange()
        if exchange is not None:
            super().settimeout(exchange.shortest(self._timeout))
            exchange.wrote = True
        return super().send(data, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        exchange = _exchange()
        if exchange is None:
            return super().recv_into(buffer, nbytes, flags)
        super().settimeout(exchange.shortest(self._timeout))
        received = super().recv_into(buffer, nbytes, flags)
        exchange.count(received)
        return received


def guarded(context: _Context) -> _Context:
    """Make the sockets of this TLS context keep to the exchange of the thread that uses them."""
    context.sslsocket_class = _GuardedSocket
    return context


def _exchange() -> Exchange | None:
    return getattr(_current, "exchange", None)
