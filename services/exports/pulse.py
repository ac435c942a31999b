"""The pulse of a download: what is written for it after its request, and how a dead process is found out.

A download that runs moves ``alive_until`` of its row on. A job looks at the row when that time is over: whatever became
of the process that sent it, its end comes into the record.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

from sqlalchemy import update

from extensions import db
from models.export import ExportDownload
from models.job import Job
from services import language
from services.clock import now
from services.jobs import Lease, enqueue
from services.origin import acts, current_origin, following, request_id, set_origin
from services.unit_of_work import changed, write

#: How long a download counts as running after its last beat.
ALIVE = timedelta(seconds=180)
_BEAT_SECONDS = 30.0

#: Opens an application context, for what is written after the request.
Context = Callable[[], AbstractContextManager[object]]


class Pulse:
    """Of one download. Made inside its request, so that what comes later is recorded as from there."""

    def __init__(self, row_id: int, context: Context) -> None:
        self._row_id = row_id
        self._context = context
        self._origin, self._request, self._language = current_origin(), request_id(), language.current()
        self._beaten = time.monotonic()

    def beat(self) -> None:
        """Tell now and then that this process lives."""
        if time.monotonic() - self._beaten < _BEAT_SECONDS:
            return
        self._beaten = time.monotonic()
        with self._context(), write():
            changed(
                update(ExportDownload)
                .where(ExportDownload.id == self._row_id)
                .values(alive_until=now() + ALIVE)
            )

    @contextmanager
    def recording(self) -> Iterator[None]:
        """A context in which the end can be written, as part of the request that began it."""
        with self._context(), following(self._request), language.using(self._language):
            set_origin(self._origin.address, self._origin.user_agent)
            if self._origin.user_id is not None:
                acts(self._origin.user_id)
            yield


def look_again(kind: str, row_id: int, moment: datetime) -> None:
    """Promise a job of ``kind`` for when nothing was heard since ``moment``. Inside write()."""
    enqueue(kind, due_at=moment + ALIVE + timedelta(seconds=60), download=row_id)


def left_behind(job: Job, lease: Lease) -> ExportDownload | None:
    """The download of ``job`` if its process died; one that lives is looked at again later. Inside write()."""
    lease.renew()
    row = db.session.get(ExportDownload, job.params["download"], with_for_update=True, populate_existing=True)
    if row is None or row.finished_at is not None:
        return None
    if row.alive_until > now():
        look_again(job.kind, row.id, row.alive_until)
        return None
    return row
