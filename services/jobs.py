"""Background work as leased rows. The queue only wakes; the row says what to do, since when, and who has it.

A worker that is killed leaves a row whose lease runs out, and another one takes it: work is delayed, never lost, and
may run twice. So a handler must be safe to run again from the start, or from where its own rows say that it came.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from sqlalchemy import Update, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from extensions import db
from models.job import Job
from services import job_kinds, queue
from services.clock import now
from services.origin import following, request_id
from services.unit_of_work import after_commit, write

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
_RENEW_EVERY = timedelta(seconds=5)

#: Set when this process has been told to stop: work in hand is put back at its next renew().
stopping = threading.Event()


class LeaseLost(Exception):
    """The job is somebody else's now. A handler lets this pass: nothing of its open transaction may be kept."""


class WorkerStopping(LeaseLost):
    """The worker was told to stop. The job goes back to the others, and this try does not count."""


class Lease:
    """The right to do one job. It ends 60 s after the last ``renew()``."""

    def __init__(self, job: Job) -> None:
        self._job_id = job.id
        self._attempt = job.attempts  # grows with every claim, so it tells holders of one job apart
        self._renewed_at = now()

    def renew(self) -> None:
        """Go on holding the job: call it for every piece of the work, it is cheap. Raises LeaseLost.

        Outside ``write()`` it asks the database every 5 s. Inside, always: then what the transaction writes is kept
        only if the job was still ours.
        """
        if stopping.is_set():
            raise WorkerStopping
        inside = bool(db.session().info.get("writing"))
        if not inside and timedelta(0) <= now() - self._renewed_at < _RENEW_EVERY:
            return
        with write() as session:
            if _rows(session.execute(self._mine().values(lease_until=now() + LEASE))) != 1:
                raise LeaseLost
        self._renewed_at = now()

    def _mine(self) -> Update:
        """UPDATE of the job if it is still ours."""
        return (
            update(Job)
            .where(Job.id == self._job_id, Job.state == "running", Job.attempts == self._attempt)
            .execution_options(synchronize_session=False)
        )

    def _end(self, **values: Any) -> bool:
        with write() as session:
            return _rows(session.execute(self._mine().values(lease_until=None, **values))) == 1


def enqueue(kind: str, *, due_at: datetime | None = None, **params: Any) -> Job:
    """Promise a job of ``kind`` (services/job_kinds.py), not before ``due_at``. Inside write(); ``params`` are JSON."""
    if kind not in job_kinds.HANDLERS:
        raise ValueError(f"no job of kind {kind!r}")
    moment = now()
    with write() as session:
        if asked_by := request_id():
            params["request_id"] = asked_by
        job = Job(kind=kind, params=params, state="waiting", created_at=moment, due_at=due_at or moment)
        session.add(job)
        session.flush()
        if job.due_at <= moment:
            after_commit(lambda: queue.wake("job", job.id))
    return job


def due_ids(limit: int = 100, *, short_only: bool = False) -> list[int]:
    """Jobs that a worker should take now, oldest first: waiting and due, or left by a dead worker."""
    wanted = select(Job.id).where(_takeable(now())).order_by(Job.id).limit(limit)
    if short_only:
        wanted = wanted.where(Job.kind.not_in(job_kinds.LONG))
    return list(db.session.scalars(wanted))


def run_due() -> int:
    """Do all jobs that are due, once through; returns how many were taken."""
    return sum(run(job_id) for job_id in due_ids())


def run(job_id: int) -> bool:
    """Do one job if it is due and nobody else has it. False when there was nothing to do."""
    job = _claim(job_id)
    if job is None:
        return False
    with following(job.params.get("request_id"), job_id=job.public_id):
        _do(job, Lease(job))
    return True


def _do(job: Job, lease: Lease) -> None:
    try:
        _function(job_kinds.HANDLERS[job.kind])(job, lease)
    except WorkerStopping:
        lease._end(state="waiting", attempts=Job.attempts - 1, due_at=now())
    except LeaseLost:
        _log.warning("job %s (%s) was taken over by another worker", job.public_id, job.kind)
    except Exception as fault:
        _log.exception("job %s (%s) failed on attempt %d", job.public_id, job.kind, job.attempts)
        _failed(job, lease, type(fault).__name__)
    else:
        lease._end(state="done", finished_at=now(), reason=None)


def _takeable(moment: datetime) -> ColumnElement[bool]:
    """Kinds of a later release are left to its workers."""
    return Job.kind.in_(list(job_kinds.HANDLERS)) & or_(
        (Job.state == "waiting") & (Job.due_at <= moment),
        (Job.state == "running") & (Job.lease_until < moment),
    )


def _claim(job_id: int) -> Job | None:
    """One statement makes the row ours; losing the race is not an error."""
    moment = now()
    with write() as session:
        spent = update(Job).where(Job.id == job_id, _takeable(moment), Job.attempts >= MAX_ATTEMPTS)
        if _rows(session.execute(_failing(spent, "the worker stopped each time"))) == 1:
            _give_up(job_id, "the worker stopped each time")
            return None
        taken = session.execute(
            update(Job)
            .where(Job.id == job_id, _takeable(moment))
            .values(state="running", attempts=Job.attempts + 1, lease_until=moment + LEASE)
            .execution_options(synchronize_session=False)
        )
        if _rows(taken) != 1:
            return None
        return session.get(Job, job_id, populate_existing=True)


def _failed(job: Job, lease: Lease, reason: str) -> None:
    db.session.rollback()
    if job.attempts < MAX_ATTEMPTS:
        wait = timedelta(seconds=5 * 2**job.attempts)
        lease._end(state="waiting", due_at=now() + wait, reason=reason)
        return
    with write():
        if lease._end(state="failed", finished_at=now(), reason=reason):
            _give_up(job.id, reason)


def _failing(statement: Update, reason: str) -> Update:
    return statement.values(
        state="failed", lease_until=None, finished_at=now(), reason=reason
    ).execution_options(synchronize_session=False)


def _give_up(job_id: int, reason: str) -> None:
    """Let the owner of the job's rows say so to people. Runs in the transaction that ends the job."""
    job = db.session.get(Job, job_id, populate_existing=True)
    if job is not None and job.kind in job_kinds.GIVEN_UP:
        _function(job_kinds.GIVEN_UP[job.kind])(job, reason)


def _function(path: str) -> Callable[..., None]:
    module, _, name = path.partition(":")
    found: Callable[..., None] = getattr(import_module(module), name)
    return found


def _rows(result: Any) -> int:
    return int(result.rowcount)
