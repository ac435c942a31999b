"""Is this process fit to serve? Asked by ``/readyz``, by ``flask check-config``, and told in words without secrets."""

from collections.abc import Collection
from functools import lru_cache

from alembic.script import ScriptDirectory
from sqlalchemy import exists, func, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from config import ROOT
from extensions import db
from models.job import Job
from models.message import Message, MessageState
from models.provider import SendSlot
from services.clock import now
from services.delivery import circuits
from services.gateways import VONAGE, VONAGE_VOICE
from services.sending import budget, pauses

#: A message or job that has waited longer (seconds) means that no worker is taking them.
QUEUE_AGE_LIMIT = 30


def faults() -> list[str]:
    """One line for each reason not to be sent visitors; empty when ready."""
    try:
        return database_faults() or queue_faults()
    except SQLAlchemyError as fault:
        return [f"database: a query failed ({type(fault).__name__})"]


def database_faults() -> list[str]:
    """Is the database there, and its schema the one that this code was written for?"""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as fault:
        return [f"database: cannot be reached ({type(fault).__name__})"]
    found = _schema_revisions()
    if found != [schema_head()] and not _is_of_later_release(found):
        return [
            f"schema: is at {', '.join(found) or 'nothing'}, not at {schema_head()}; run: flask db upgrade"
        ]
    return []


def queue_faults() -> list[str]:
    """Has anything waited so long that the worker must be stopped, stuck or cut off?"""
    waited = {
        "message": _longest_wait(Message, MessageState.QUEUED, MessageState.SENDING, _may_wait()),
        # While one runs, the worker is there: long ones may hold all of its hands.
        "job": 0.0 if _job_runs() else _longest_wait(Job, "waiting", "running"),
    }
    return [
        f"queue: the oldest {kind} has waited {seconds:.0f} s; is the worker running?"
        for kind, seconds in waited.items()
        if seconds > QUEUE_AGE_LIMIT
    ]


def troubles() -> list[str]:
    """One line for each thing that does not work although visitors can be served; the pages say what it means."""
    try:
        found = _schema_revisions()
        schema = [f"schema: is at {found[0]}, of a later release"] if _is_of_later_release(found) else []
        return schema + [
            f"{name}: refuses us, nothing is sent by it ({reason})" for name, reason in circuits.all_open()
        ]
    except SQLAlchemyError:  # the faults tell of it
        return []


def notes() -> list[str]:
    """What an operator should know of although visitors can be served: texts that run out, or that nobody reads."""
    try:
        told = [
            f"{what}: {found.used} of {found.limit} are used"
            for what, found in (("texts", budget.today()), ("calls", budget.calls_today()))
            if found.percent >= min(budget.ALARMS)
        ]
        return told + [
            f"texts: new numbers of {pause.area} are paused until {pause.until:%Y-%m-%d %H:%M} UTC"
            for pause in pauses.active()
        ]
    except SQLAlchemyError:  # the faults tell of it
        return []


@lru_cache(maxsize=1)
def schema_head() -> str:
    """The newest revision in migrations/, read once a process."""
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    return head or ""


def _schema_revisions() -> list[str]:
    try:
        return list(db.session.scalars(text("SELECT version_num FROM alembic_version")))
    except (OperationalError, ProgrammingError):  # no such table: nothing was ever migrated
        db.session.rollback()
        return []


def _is_of_later_release(found: list[str]) -> bool:
    """While machines get a new release one after the other; migrations leave the release before them working."""
    head = schema_head()
    return len(found) == 1 and found[0].isdecimal() and len(found[0]) == len(head) and found[0] > head


def _may_wait() -> set[str]:
    """Channels whose messages wait although workers are there: for their provider, or for their turn with it."""
    turning = int((now().timestamp() - QUEUE_AGE_LIMIT) * 1_000_000)
    moving = db.session.scalars(select(SendSlot.name).where(SendSlot.next_us > turning))
    of_slots = {VONAGE: "sms", VONAGE_VOICE: "voice"}
    return circuits.stopped_channels() | {of_slots[name] for name in moving if name in of_slots}


def _job_runs() -> bool:
    """Does somebody who lives hold a job?"""
    return bool(db.session.scalar(select(exists().where(Job.state == "running", Job.lease_until > now()))))


def _longest_wait(
    table: type[Message] | type[Job], waiting: str, taken: str, may_wait: Collection[str] = ()
) -> float:
    """Seconds since the oldest row became due, or since a dead worker's hold on one ended; 0 when there is none."""
    moment = now()
    due = select(func.min(table.due_at)).where(table.state == waiting, table.due_at <= moment)
    if may_wait:
        due = due.where(Message.channel.not_in(may_wait))
    left = select(func.min(table.lease_until)).where(table.state == taken, table.lease_until < moment)
    found = [at for at in (db.session.scalar(due), db.session.scalar(left)) if at is not None]
    return (moment - min(found)).total_seconds() if found else 0.0
