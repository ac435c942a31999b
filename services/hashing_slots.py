"""Slots that the processes of one machine share, and the order in which their threads come to them.

A slot is a locked file: the kernel lets go of it when its process ends, however it ends. Whoever waits has a ticket, a
locked file, too, whose name tells its place: the folder, sorted, is the line. Looking at it costs a few microseconds.
"""

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

#: Tickets older than this (seconds) stand in nobody's way: their process was stopped, and is not dead.
_STALE = 5.0


class Slots:
    """``count`` slots in ``folder``. Raises OSError where there is no folder to make files in."""

    def __init__(self, folder: Path, count: int) -> None:
        self.count = count
        self._slots = [str(folder / f"slot-{number}") for number in range(count)]
        self._line = folder / "line"
        self._line.mkdir(parents=True, exist_ok=True, mode=0o700)

    def take(self) -> int | None:
        """A free slot, as the descriptor whose closing frees it; None while all are taken."""
        for path in self._slots:
            taken = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if _locked(taken):
                return taken
            os.close(taken)
        return None

    def ahead_of(self, ticket: str | None) -> int:
        """How many wait before this one; before one that has no ticket yet, all."""
        line = sorted(name for name in os.listdir(self._line) if not name.startswith("."))
        before = line[: line.index(ticket)] if ticket in line else line
        # One dead ticket is taken away at each look, the foremost: who stands behind it has no other reason to wait.
        return len(before) - 1 if before and self._is_dead(before[0]) else len(before)

    @contextlib.contextmanager
    def ticket(self, rank: str) -> Iterator[str]:
        """A place in the line: the lower ``rank``, the further in front, and first come, first served within it."""
        name = f"{rank}-{time.monotonic_ns():020d}-{secrets.token_hex(4)}"
        hidden, path = self._line / f".{name}", self._line / name
        lock = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _locked(lock)
            hidden.rename(path)  # nobody sees it unlocked
            yield name
        finally:
            for left in (path, hidden):
                left.unlink(missing_ok=True)
            os.close(lock)

    def _is_dead(self, name: str) -> bool:
        try:
            found = os.open(self._line / name, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            if _locked(found):
                (self._line / name).unlink(missing_ok=True)
                return True
        finally:
            os.close(found)
        begun = int(name.split("-")[-2])
        # The clock begins anew with the machine, and a ticket of before is not locked any more.
        return time.monotonic_ns() - begun > _STALE * 1e9


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
