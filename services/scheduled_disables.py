"""The wait before support turns two-factor authentication off, and the ways to stop it.

A wait ends once: done by the job (services/support.py), or stopped by the owner's link or by support. Whoever ends it
does so by one conditional statement.
"""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.sql.elements import ColumnElement

from extensions import db
from models.account import Account
from models.link import Link
from models.support import ScheduledDisable
from models.user import User
from services import accounts, links, notices
from services.audit import Event, record
from services.clock import now
from services.disabling import EVIDENCE, Disabling, Operator
from services.jobs import enqueue
from services.sessions import SignedIn
from services.unit_of_work import changed, write

JOB = "support.disable"
_AN_HOUR = 3600


class AlreadyScheduled(Exception):
    """It will be turned off anyway, later."""


def waiting_for(account: Account) -> ScheduledDisable | None:
    """What is scheduled for this account and can still be stopped."""
    return db.session.scalars(
        select(ScheduledDisable)
        .where(ScheduledDisable.account_id == account.id, ScheduledDisable.state == "waiting")
        .execution_options(populate_existing=True)
    ).first()


def schedule(wanted: Disabling, delay: int) -> ScheduledDisable:
    """Turn it off in ``delay`` seconds. The caller holds the account's row. Raises AlreadyScheduled."""
    account, operator, moment = wanted.account, wanted.operator, now()
    with write() as session:
        if waiting_for(account) is not None:
            raise AlreadyScheduled
        scheduled = ScheduledDisable(
            account_id=account.id,
            support_user_id=operator.user.id if operator.user else None,
            support_label=operator.label,
            reason=wanted.reason,
            evidence=wanted.evidence,
            created_at=moment,
            due_at=moment + timedelta(seconds=delay),
        )
        session.add(scheduled)
        session.flush()
        enqueue(JOB, due_at=scheduled.due_at, scheduled_id=scheduled.id)
        record(
            Event.TWO_FACTOR_OFF_SCHEDULED, account=account, actor=operator.user, actor_label=operator.label,
            reason=wanted.reason, evidence=EVIDENCE[wanted.evidence], due=scheduled.due_at.isoformat(),
        )  # fmt: skip
        # The link outlives the wait, so that an owner who comes late reads what happened and not "unknown link".
        notices.two_factor_off_scheduled(
            account, wanted.reason, scheduled.due_at.isoformat(), scheduled.public_id, delay + _AN_HOUR
        )
    return scheduled


def stop(scheduled: ScheduledDisable, *, operator: Operator) -> bool:
    """Keep two-factor on. True for exactly one caller; False when it was stopped or done meanwhile."""
    by = operator.user
    with write() as session:
        if not end(ScheduledDisable.id == scheduled.id, "stopped", by):
            return False
        account = session.get_one(Account, scheduled.account_id)
        record(Event.TWO_FACTOR_OFF_STOPPED, account=account, actor=by, actor_label=operator.label)
        notices.two_factor_off_stopped(account, by.name if by is not None and not by.is_support else "")
    return True


def find_stoppable(token: str) -> tuple[Link, User, ScheduledDisable] | None:
    """What the link in an owner's notice can still stop."""
    found = links.follow(token, links.STOP_DISABLE)
    if found is None:
        return None
    link, user = found
    if (
        not user.is_owner
    ):  # the account was handed on; the new owner finds the button in the account's settings
        return None
    scheduled = db.session.scalars(
        select(ScheduledDisable)
        .where(
            ScheduledDisable.public_id == link.scope,
            ScheduledDisable.account_id == user.account_id,
            ScheduledDisable.state == "waiting",
        )
        .execution_options(populate_existing=True)
    ).first()
    return (link, user, scheduled) if scheduled else None


def stop_by_link(link: Link, user: User, scheduled: ScheduledDisable) -> bool:
    """As ``stop``, by whoever holds the owner's link. It works once, signs nobody in and does nothing else."""
    with write():
        if user.account is not None:
            accounts.lock(user.account)  # before the user, as everything does that concerns an account
        return links.spend(link) and stop(scheduled, operator=Operator.person(user))


def stop_as_owner(me: SignedIn) -> bool:
    """As ``stop``, by the owner who is signed in; False when nothing waits any more. Raises accounts.NotTheOwner."""
    with write():
        scheduled = waiting_for(accounts.lock_as_owner(me))
        return scheduled is not None and stop(scheduled, operator=Operator.person(me.user))


def end(which: ColumnElement[bool], state: str, by: User | None = None) -> bool:
    """End what still waits. One statement, so that the job, the owner and support cannot all end the same wait."""
    with write():
        ended = changed(
            update(ScheduledDisable)
            .where(which, ScheduledDisable.state == "waiting")
            .values(state=state, ended_at=now(), stopped_by_id=by.id if by else None)
        )
    return ended == 1
