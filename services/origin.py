"""Where an act comes from: for the audit log its address, set by the web layer, the worker or the command line; for
the process's log and for messages the id of the request that began it.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

from structlog import contextvars


@dataclass(frozen=True)
class Origin:
    """``address``: IP address, or what stands in for one. ``user_agent``: cut to 300 characters.

    ``user_id``: who reads the page that answers, as far as the request has told by now: by a session, a password or a
    link of a mail. It gives nobody a right; what is written to them speaks the language of their page.
    """

    address: str
    user_agent: str = ""
    user_id: int | None = None

    @property
    def network(self) -> str:
        """What limits count by: an IPv4 address, or the /64 of an IPv6 one, all of which one line holds."""
        try:
            found = ip_address(_bare(self.address))
        except ValueError:
            return self.address
        if isinstance(found, IPv4Address):
            return str(found)
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


def _bare(address: str) -> str:
    """Without the port and the zone that some proxies write: with them every connection would be another address."""
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    return address.partition("%")[0]


_INTERNAL = Origin("internal")
_ORIGIN: ContextVar[Origin] = ContextVar("origin", default=_INTERNAL)


def current_origin() -> Origin:
    return _ORIGIN.get()


def set_origin(address: str, user_agent: str = "") -> None:
    """For a whole request or process; the next request sets its own."""
    _ORIGIN.set(Origin(address[:45], printable(user_agent)[:300]))


def acts(user_id: int) -> None:
    """From here on in this request, it is known who reads its pages."""
    _ORIGIN.set(replace(_ORIGIN.get(), user_id=user_id))


@contextmanager
def acting_from(address: str, user_agent: str = "") -> Iterator[None]:
    token = _ORIGIN.set(Origin(address, user_agent))
    try:
        yield
    finally:
        _ORIGIN.reset(token)


def begin_request() -> str:
    """Name a request, for every line of the log until the next one; returns the name.

    It is made here and taken from nobody: what a header says could be another request's, or a line of a log.
    """
    contextvars.clear_contextvars()
    name = new_name()
    contextvars.bind_contextvars(request_id=name)
    return name


def new_name() -> str:
    return secrets.token_hex(8)


def end_request() -> None:
    """What this thread does next belongs to no request."""
    contextvars.clear_contextvars()


def request_id() -> str | None:
    """The request that this is done for, here or in a worker later; None where no request asked for it."""
    found: str | None = contextvars.get_contextvars().get("request_id")
    return found


def known() -> dict[str, Any]:
    """What is bound now, for a line that is written when it is bound no more."""
    return contextvars.get_contextvars()


@contextmanager
def following(request: str | None, **about: Any) -> Iterator[None]:
    """Work that ``request`` asked for (None: no request): every line of the log inside has its id, and ``about``."""
    with contextvars.bound_contextvars(request_id=request, **about):
        yield


def printable(text: str) -> str:
    """Without control characters: what came in a header may end in a log line or a page."""
    return "".join(ch for ch in text if ch.isprintable())
