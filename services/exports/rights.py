"""Whether somebody may take contacts away, judged while the rows that say so are held."""

from datetime import timedelta

from sqlalchemy import select

from extensions import db
from models.audit import AuditEvent
from models.login_session import LoginSession
from services import accounts, audit, step_up
from services.audit import Event
from services.clock import now
from services.sessions import SignedIn
from services.unit_of_work import write

#: Refusals of one session are told in the log at most this often: whoever is refused could fill it otherwise.
_TOLD_EVERY = timedelta(hours=1)


class NotAllowed(Exception):
    """The right to export is not, or no longer, theirs."""


class SessionOver(Exception):
    """The session was ended while its request was on the way."""


def judge(me: SignedIn, action: str, scope: str, wording: str) -> None:
    """Read everything again that a guard at the door has read, and hold it. Belongs into the write() of the taking.

    Account, person, session, in this order. Raises NotAllowed, SessionOver, step_up.StepUpFirst.
    """
    account = accounts.lock(me.account)
    user = accounts.lock_member(account, me.user)
    if user is None or not user.may_export:
        raise NotAllowed
    row = db.session.execute(
        select(LoginSession)
        .where(LoginSession.id == me.session.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    if row.ended_at is not None or (account.two_factor_on and row.second_step == "off"):
        raise SessionOver
    step_up.demand(me, action, scope, wording)


def refused(me: SignedIn) -> None:
    """Put on record that somebody without the right asked for contacts: once an hour for each session."""
    if _is_told(me):
        return
    with write():
        accounts.lock(me.account)
        if not _is_told(me):  # two tabs at once
            audit.record(
                Event.EXPORT_REFUSED, account=me.account, actor=me.user, outcome="failure",
                why="no permission to export",
            )  # fmt: skip


def _is_told(me: SignedIn) -> bool:
    since = max(me.session.created_at, now() - _TOLD_EVERY)
    told = select(AuditEvent.id).where(
        AuditEvent.account_id == me.account.id,
        AuditEvent.actor_id == me.user.id,
        AuditEvent.event == Event.EXPORT_REFUSED.value,
        AuditEvent.at >= since,
    )
    return db.session.scalar(told.limit(1)) is not None
