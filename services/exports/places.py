"""Places for downloads in one web process, and the pace that keeps one.

Each download holds a thread, and most hold a snapshot of the database. So there are few, no account has more than half
of them, and a reader who takes next to nothing gives the place back: less than LEAST while the process waited WINDOW
seconds for them. What the database takes for its rows does not count.
"""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Self

#: 3.5 KB/s: a million contacts take half a day then, at most.
WINDOW, LEAST = 300.0, 1024 * 1024
#: Seconds between two looks at readers for whom the server waits.
LOOK = 5.0


class NoPlace(Exception):
    """``of_account``: this account has all that it may have here; else all are taken."""

    def __init__(self, *, of_account: bool) -> None:
        super().__init__()
        self.of_account = of_account


class TooSlow(Exception):
    """The reader took next to nothing: the download breaks off."""


class Places:
    """Those of a process. Thread-safe."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._changed = threading.Condition()
        self._taken: list[Place] = []
        self._watcher: threading.Thread | None = None

    def take(self, account_id: int) -> "Place":
        """``leave()`` it in the end. Raises NoPlace."""
        with self._changed:
            if len(self._taken) >= self._count:
                raise NoPlace(of_account=False)
            if sum(place.account_id == account_id for place in self._taken) >= max(1, self._count // 2):
                raise NoPlace(of_account=True)
            place = Place(self, account_id, self._changed)
            self._taken.append(place)
            return place

    def _remove(self, place: "Place") -> None:
        if place in self._taken:
            self._taken.remove(place)
            self._changed.notify_all()

    def _watch(self) -> None:
        """Start watching unless somebody does. With the lock held."""
        if self._watcher is None or not self._watcher.is_alive():  # no thread lives through a fork
            self._watcher = threading.Thread(target=self._look, name="slow-readers", daemon=True)
            self._watcher.start()

    def _look(self) -> None:
        with self._changed:
            while self._taken:
                for place in self._taken:
                    place._judge()
                self._changed.wait(LOOK)
            self._watcher = None


class Place:
    """The place of one download."""

    def __init__(self, places: Places, account_id: int, lock: threading.Condition) -> None:
        self.account_id = account_id
        self._places = places
        self._lock = lock
        self._waiting_since: float | None = None
        self._waited = 0.0
        self._on_its_way = self._taken = 0
        self._too_slow = False
        self._hang_up: Callable[[], None] | None = None

    def hangs_up_by(self, hang_up: Callable[[], None]) -> Self:
        """How to wake a server that waits for the reader. Where it has no such way, a slow reader is found out when
        the next piece can go, and one who takes nothing at all by the server's own patience only."""
        with self._lock:
            self._hang_up = hang_up
            self._places._watch()
        return self

    def asked(self) -> None:
        """The last piece has gone, and the next is wanted. Raises TooSlow."""
        with self._lock:
            if self._waiting_since is not None:
                self._waited += monotonic() - self._waiting_since
                self._waiting_since = None
            self._taken += self._on_its_way
            self._on_its_way = 0
            self._judge()
            if self._too_slow:
                raise TooSlow

    def handed(self, size: int) -> None:
        """The server has a piece, and waits for its reader."""
        with self._lock:
            self._on_its_way = size
            self._waiting_since = monotonic()

    def leave(self) -> None:
        """May be called more than once. The connection may serve other requests from here on."""
        with self._lock:
            self._hang_up = None
            self._places._remove(self)

    def _judge(self) -> None:
        """With the lock held."""
        waited = self._waited
        if self._waiting_since is not None:
            waited += monotonic() - self._waiting_since
        if self._too_slow or waited < WINDOW:
            return
        if self._taken >= LEAST:
            self._waited -= waited  # what was waited until now, also if the waiting goes on
            self._taken = 0
            return
        self._too_slow = True
        if self._hang_up is not None:
            self._hang_up()
