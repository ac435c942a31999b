"""A browser whose every request may go to another machine, as behind a load balancer that does not stick."""

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.machines.machines import Machine
from tests.support.browser import Browser, Page


class _Answer:
    """As much of werkzeug's test response as a page needs."""

    def __init__(self, answer: requests.Response) -> None:
        self.status_code = answer.status_code
        self.headers = answer.headers
        self.mimetype = answer.headers.get("Content-Type", "").partition(";")[0]
        self._data = answer.content

    def get_data(self, as_text: bool = False) -> bytes | str:
        return self._data.decode() if as_text else self._data


class _Narrow(HTTPAdapter):
    """The kernel would take megabytes before anybody reads one."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        narrow = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]
        super().init_poolmanager(*args, socket_options=narrow, **options)


class Wire:
    """The line to ``machine``; cookies stay when the machine changes, as they do behind one name."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.cookies: dict[str, str] = {}

    def open(self, path: str, *, method: str, headers: dict[str, str], **options: Any) -> _Answer:
        if "content_type" in options:
            headers = {**headers, "Content-Type": options.pop("content_type")}
        answer = requests.request(
            method, self.machine.address + path, headers=headers, cookies=self.cookies, timeout=60,
            allow_redirects=False, **options,
        )  # fmt: skip
        for cookie in answer.raw.headers.getlist("Set-Cookie"):
            self._keep(cookie)
        return _Answer(answer)

    def streamed(self, path: str) -> requests.Response:
        """An answer of which a few kilobytes come along; the rest waits until somebody reads it."""
        session = requests.Session()
        session.mount("http://", _Narrow())
        return session.get(
            self.machine.address + path, cookies=self.cookies, timeout=60, stream=True, allow_redirects=False
        )

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.partition(";")[0].partition("=")
        if value:
            self.cookies[name] = value
        else:
            self.cookies.pop(name, None)


class Visitor(Browser):
    """``visitor.at(a).get("/")``, then ``visitor.at(b).submit(...)``."""

    def __init__(self, machine: Machine) -> None:
        self.wire = Wire(machine)
        self.client = self.wire  # type: ignore[assignment]  # what Browser asks of it, it has
        self.headers = {}
        self.page: Page | None = None

    def at(self, machine: Machine) -> "Visitor":
        self.wire.machine = machine
        return self

    def twin(self) -> "Visitor":
        """The same browser once more, for requests at the same moment."""
        other = Visitor(self.wire.machine)
        other.wire.cookies = dict(self.wire.cookies)
        other.page = self.page
        return other

    def csrf_token(self) -> str:
        assert self.page is not None, "no page is open"
        return self.page.value("csrf_token")

    def cookie(self, name: str) -> str | None:
        return self.wire.cookies.get(name)
