"""Removes what has expired. Safe at any time and beside any number of workers; the security log is never touched.

Rows go in small batches, each a transaction of its own, so that nobody waits for the cleaner. What refers to a row goes
before it, and a row that something still refers to stays for the next time.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, tuple_
from sqlalchemy import delete as sql_delete
from sqlalchemy.orm import InstrumentedAttribute

from config import settings
from extensions import db
from models.base import Model
from models.challenge import Challenge
from models.contact_import import CHOOSING, ContactImport, RefusedRow
from models.help_answer import HelpAnswer
from models.interruption import Interruption
from models.job import Job
from models.limit import GrowingDelay, LimitCounter
from models.link import Link
from models.login_session import LoginSession, PendingSignIn
from models.message import Message, MessageState
from models.number_confirmation import NumberConfirmation
from models.number_insight import NumberInsight
from models.sms import SmsAlarm, SmsPause
from models.trusted_browser import TrustedBrowser
from models.webhook_receipt import WebhookReceipt
from services import help_answers, stored_objects
from services.clock import now
from services.exports import long
from services.imports import choosing, intake
from services.unit_of_work import write

_log = logging.getLogger(__name__)

BATCH = 500
#: How long something is kept after its end, so that questions about it can be answered.
KEEP = timedelta(days=30)

_UNSETTLED = (MessageState.QUEUED, MessageState.SENDING)


def purge_expired() -> dict[str, int]:
    """How many rows were removed, by what they were."""
    moment = now()
    removed = {name: _empty(table, condition) for name, table, condition in _rules(moment)}
    return {
        **removed,
        "Imports nobody started": _of_storage(lambda: choosing.clean(moment)),
        "Uploaded files": _of_storage(lambda: _remove_uploads(moment)),
        "Files of exports": _of_storage(long.clean),
    }


def _of_storage(clean: Callable[[], int]) -> int:
    """A store that is away costs a delay, here and for what is cleaned after it."""
    try:
        return clean()
    except OSError as fault:
        _log.warning("files could not be cleaned up (%s); the next cleaning tries again", fault)
        return 0


def _rules(moment: datetime) -> list[tuple[str, type[Model], ColumnElement[bool]]]:
    """In the order in which they must go."""
    before = moment - KEEP
    # What waits inside a session is of no use once any session that could hold it has ended.
    waiting_until = moment - timedelta(seconds=max(settings().session_lifetime, 86400))
    return [
        ("Interrupted actions", Interruption, Interruption.created_at < waiting_until),
        ("Number confirmations", NumberConfirmation, NumberConfirmation.created_at < waiting_until),
        ("Messages", Message, and_(Message.created_at < before, Message.state.not_in(_UNSETTLED))),
        (
            "Codes",
            Challenge,
            and_(Challenge.expires_at < moment, *_unused(Challenge.id, Message.challenge_id),
                 *_unused(Challenge.id, Interruption.challenge_id, NumberConfirmation.challenge_id)),
        ),
        (
            "Unfinished sign-ins",
            PendingSignIn,
            and_(PendingSignIn.expires_at < moment, *_unused(PendingSignIn.id, Challenge.pending_sign_in_id)),
        ),
        (
            "Sessions",
            LoginSession,
            and_(
                or_(LoginSession.ended_at < before, LoginSession.expires_at < before),
                *_unused(
                    LoginSession.id,
                    Challenge.login_session_id,
                    Interruption.login_session_id,
                    NumberConfirmation.login_session_id,
                ),
            ),
        ),
        (
            "Trusted browsers",
            TrustedBrowser,
            or_(TrustedBrowser.revoked_at < before, TrustedBrowser.expires_at < before),
        ),
        ("Links", Link, and_(Link.expires_at < before, *_unused(Link.id, Message.link_id))),
        (
            "Refused rows",
            RefusedRow,
            exists().where(ContactImport.id == RefusedRow.import_id, ContactImport.finished_at < before),
        ),
        ("Counters", LimitCounter, LimitCounter.expires_at < moment),
        ("Delays", GrowingDelay, GrowingDelay.forgotten_at < int(moment.timestamp() * 1000)),
        ("Pauses of texts", SmsPause, SmsPause.until < before),
        ("Alarms about texts", SmsAlarm, SmsAlarm.window_start < before),
        ("Insights of numbers", NumberInsight, NumberInsight.expires_at < moment),
        ("Receipts", WebhookReceipt, WebhookReceipt.expires_at < moment),
        ("Answers about help", HelpAnswer, HelpAnswer.created_at < moment - help_answers.KEEP),
        ("Jobs", Job, Job.finished_at < before),
    ]  # fmt: skip


def _unused(
    key: InstrumentedAttribute[int],
    *referring: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
) -> list[ColumnElement[bool]]:
    return [not_(exists().where(column == key)) for column in referring]


def _remove_uploads(moment: datetime) -> int:
    """Files of uploads that broke off, or whose import has ended, a day after they were written."""
    removed = stored_objects.remove_strays(
        intake.FOLDER, lambda name: _is_waited_for(name.rpartition(".")[2])
    )
    of_this_machine = settings().instance_path
    # Copies that a worker read, and left when it was killed, lie in spool/.
    for path in (*(of_this_machine / "uploads").glob("*"), *(of_this_machine / "spool").glob("*")):
        removed += _remove_file(path, moment - timedelta(days=1))
    return removed


def _remove_file(path: Path, before: datetime) -> bool:
    try:
        if not path.is_file() or datetime.fromtimestamp(path.stat().st_mtime, UTC) >= before:
            return False
        if _is_waited_for(path.stem):
            return False
        path.unlink()
    except FileNotFoundError:  # the import has just ended
        return False
    except OSError as fault:
        _log.warning("a file could not be removed (%s); the next cleaning tries again", fault)
        return False
    return True


def _is_waited_for(import_id: str) -> bool:
    statement = select(ContactImport.id).where(
        ContactImport.public_id == import_id, ContactImport.state.in_((CHOOSING, "waiting", "running"))
    )
    return db.session.scalar(statement) is not None


def _empty(table: type[Model], condition: ColumnElement[bool]) -> int:
    keys = table.__mapper__.primary_key
    total = 0
    while True:
        with write() as session:
            batch = session.execute(select(*keys).where(condition).limit(BATCH)).all()
            if batch:
                session.execute(
                    sql_delete(table)
                    .where(tuple_(*keys).in_([tuple(row) for row in batch]))
                    .execution_options(synchronize_session=False)
                )
        total += len(batch)
        if len(batch) < BATCH:
            return total
