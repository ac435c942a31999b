"""The one door to hashing a password: so many at once on a machine, so many waiting in a process, and who comes first.

A hash is meant to be dear: some 40 ms of a core and 46 MiB. Without a door a flood of passwords takes every thread and
every core, and people who are signed in wait behind it. So there are

* slots: PASSWORD_HASHES_AT_ONCE on a machine, over all its processes (services/hashing_slots.py);
* places: PASSWORDS_IN_HAND in a process, waiting ones included, fewer than it has threads. Who finds none is told at
  once, before anything is counted, read or looked at.

Signed-in people come before known browsers, and these before strangers, and each
kind has places of its own: half as many for signed-in people, as many for known browsers, half as many for strangers.
So no flood takes another kind's. Nobody (a network, a person) holds more than a quarter. What decides is known before
the name is looked up, or is proof that the browser knows the name already: a full line tells nobody who exists.

See docs/decisions/0023-a-line-for-passwords.md.
"""

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

from config import settings
from services.hashing_slots import Slots

_log = logging.getLogger(__name__)

#: Seconds: the longest anybody waits for a slot, what is told when there is none, and between two looks at the line.
_LONGEST, RETRY_AFTER, _LOOK = 2.0, 2, 0.004
#: A line of the log at most so often (seconds).
_TOLD_EVERY = 60.0


class Kind(IntEnum):
    """Who asks, the first first."""

    #: Signed in, or the operator's command line.
    INSIDE = 0
    #: A trusted browser of this very person, or one that holds a link from their mailbox.
    KNOWN = 1
    STRANGER = 2


class Busy(Exception):
    """Too many passwords are being looked at. This one was not: it is neither right nor wrong, and not counted."""

    retry_after = RETRY_AFTER


class _Room:
    """The places of this process."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.of_kind: Counter[Kind] = Counter()
        self.of_each: Counter[str] = Counter()
        self.told_at = -_TOLD_EVERY

    def enter(self, kind: Kind, who: str) -> None:
        places = settings().passwords_in_hand
        room = places if kind is Kind.KNOWN else places // 2
        with self.changed:
            if self.of_kind[kind] >= room or self.of_each[who] >= max(1, places // 4):
                self._tell()
                raise Busy
            self.of_kind[kind] += 1
            self.of_each[who] += 1

    def leave(self, kind: Kind, who: str) -> None:
        with self.changed:
            self.of_kind[kind] -= 1
            self.of_each[who] -= 1
            if not self.of_each[who]:
                del self.of_each[who]
            self.changed.notify_all()

    def before(self, who: str) -> int:
        """How many of the same have a place already, oneself aside."""
        return self.of_each[who] - 1

    def _tell(self) -> None:
        moment = time.monotonic()
        if moment - self.told_at >= _TOLD_EVERY:
            self.told_at = moment
            _log.warning("more passwords come in than can be looked at: some are answered with 503")


_room = _Room()
_here = threading.local()


class Place:
    """What ``place`` gives: the right to wait for a slot."""

    def __init__(self, kind: Kind, who: str) -> None:
        self._rank = f"{int(kind)}{min(_room.before(who), 99):02d}"

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The slot itself, for as long as the hash takes. Raises Busy when none comes free in time."""
        slots = _slots()
        taken = _wait(slots, self._rank)
        _here.holds = True
        try:
            yield
        finally:
            _here.holds = False
            if taken is not None:
                os.close(taken)
            with _room.changed:
                _room.changed.notify_all()


@contextmanager
def place(kind: Kind, who: str) -> Iterator[Place]:
    """A place in this process's line, or Busy at once. ``who`` shares the places of its kind with nobody else: a
    network, or a person with all their browsers."""
    who = f"{int(kind)}:{who}"
    _room.enter(kind, who)
    try:
        yield Place(kind, who)
    finally:
        _room.leave(kind, who)


@contextmanager
def turn(kind: Kind = Kind.INSIDE, who: str = "") -> Iterator[None]:
    """Place and slot in one, joined where this thread has a slot already: nothing is hashed outside. Raises Busy."""
    if getattr(_here, "holds", False):
        yield
        return
    with place(kind, who or str(threading.get_ident())) as mine, mine.turn():
        yield


def _wait(slots: Slots | None, rank: str) -> int | None:
    """A slot's descriptor. Without slots, since the folder cannot be written to, the places alone are the bound."""
    if slots is None:
        return None
    try:
        if not slots.ahead_of(None) and (taken := slots.take()) is not None:
            return taken
        deadline = time.monotonic() + _LONGEST
        with slots.ticket(rank) as ticket:
            while time.monotonic() < deadline:
                ahead = slots.ahead_of(ticket)
                # Only the first takes one: whoever comes later could be quicker, and is not known.
                if not ahead and (taken := slots.take()) is not None:
                    return taken
                with _room.changed:
                    _room.changed.wait(_LOOK * (1 + max(0, ahead - slots.count)))
    except OSError as fault:  # a full disk must not keep anybody out
        _log.warning("no order among the passwords of this machine: %s", fault.strerror)
        return None
    raise Busy


def _slots() -> Slots | None:
    found = settings()
    return _slots_in(found.instance_path / "hashing", found.password_hashes_at_once or cores())


@lru_cache(maxsize=8)
def _slots_in(folder: Path, count: int) -> Slots | None:
    try:
        return Slots(folder, count)
    except OSError as fault:
        _log.warning("no order among the passwords of this machine: %s", fault.strerror)
        return None


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
