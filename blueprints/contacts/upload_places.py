"""Few files of one account come in at once: where they wait is often the disk of the database, too.

A place is a locked file, so it counts over all web processes of a machine, and the kernel frees it when a process ends,
however it ends.
"""

import fcntl
import os
from pathlib import Path

#: Files of one account that come in at once on one machine.
AT_ONCE = 2


class Busy(Exception):
    """As many files of the account as may are coming in."""


class Place:
    """Raises Busy, or OSError where no file can be made. ``leave()`` in any case."""

    def __init__(self, folder: Path, account_id: int) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        for number in range(AT_ONCE):
            self._path = folder / f"{account_id}-{number}"
            held = _locked(self._path)
            if held is not None:
                self._held = held
                return
        raise Busy

    def leave(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._held)


def _locked(path: Path) -> int | None:
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever left may have removed the name between the two lines above: this lock is seen by nobody then.
        if os.fstat(held).st_ino == os.stat(path).st_ino:
            return held
    except OSError:
        pass
    os.close(held)
    return None
