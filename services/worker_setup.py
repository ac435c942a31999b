"""The queue that wakes workers, as QUEUE_URL names it: SQLite file, PostgreSQL or Redis, all by huey.

The rows of the site's own database are the truth. The queue carries only "message 17 is waiting", so losing it, or
everything in it, costs a delay of one sweep (services/sweep.py). It is opened at the first wake: a web process that
never sends, or a command, touches no queue.
"""

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app
from sqlalchemy import make_url

from config import Settings

if TYPE_CHECKING:
    from huey.api import Huey

    from services.lanes import Lanes

#: After a failed wake the queue is left alone for this long (seconds), so that a dead one does not slow every request.
REST_AFTER_FAULT = 5.0


class QueueResting(Exception):
    """The queue could not be reached a moment ago."""


class Background:
    """Wakes workers, and does what a woken worker does. One in each process; thread-safe."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._lock = threading.Lock()
        self._huey: Huey | None = None
        self._rests_until = 0.0
        #: In a worker: who does the work. Without them it is done at once, one row after the other.
        self.lanes: Lanes | None = None

    @property
    def huey(self) -> "Huey":
        """The queue, opened. Raises whatever its driver raises when it cannot be reached."""
        with self._lock:
            if self._huey is None:
                from services.wake_queue import open_queue

                self._huey = open_queue(self._settings, queue_file(self._settings), self.handle)
            return self._huey

    def wake(self, kind: str, row_id: int) -> None:
        """Put one wake into the queue. Raises when it cannot, and at once while the queue rests after a fault."""
        if time.monotonic() < self._rests_until:
            raise QueueResting("the queue could not be reached a moment ago")
        try:
            self.huey.enqueue(self.huey.wake_task.s(kind, row_id))
        except Exception:
            self._rests_until = time.monotonic() + REST_AFTER_FAULT
            raise

    def handle(self, kind: str, row_id: int) -> None:
        """What a woken worker does with a row. Safe at any time and any number of times: the row decides."""
        if self.lanes is not None:
            self.lanes.nudge(kind)
            return
        from services import delivery, jobs
        from services.origin import acting_from
        from services.queue import WAKES

        with self._app.app_context(), acting_from("worker"):
            if kind in WAKES.values():
                delivery.deliver(row_id)
            elif kind == "job":
                jobs.run(row_id)


def queue_file(settings: Settings) -> Path:
    """Where the SQLite queue lives: beside a SQLite database, else in the instance folder."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return Path(url.database).resolve().parent / "queue.sqlite3"
    return settings.instance_path / "queue.sqlite3"


def prepare(app: Flask, settings: Settings) -> None:
    found = Background(app, settings)
    app.extensions["background"] = found
    app.extensions["waker"] = found.wake


def background() -> Background:
    return cast(Background, current_app.extensions["background"])
