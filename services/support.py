"""Turning two-factor authentication off: the only place where it goes from on to off, and only support gets here.

Support acts at once, or (SUPPORT_DISABLE_DELAY) after a wait in which the account owner can stop it. Everyone in the
account is told of each step. docs/decisions/0009-support-turns-it-off.md says what was weighed.
"""

from dataclasses import replace

from config import settings
from extensions import db
from models.account import Account
from models.job import Job
from models.support import ScheduledDisable
from models.user import User
from services import accounts, notices, scheduled_disables, step_up, support_requests
from services.audit import Event, record
from services.clock import now
from services.disabling import EVIDENCE, Disabling, Operator
from services.jobs import Lease, enqueue
from services.revocation import shut_every_door_of_account
from services.scheduled_disables import JOB
from services.sessions import SignedIn
from services.unit_of_work import write

#: The step-up that guards it; its scope is the account's public id.
ACTION = "support.two_factor.disable"


class AlreadyOff(Exception):
    """There is nothing to turn off."""


class CodeUsedUp(Exception):
    """Another request spent the code meanwhile, or it became too old: a new one is needed."""


def disable_with_code(me: SignedIn, wanted: Disabling) -> ScheduledDisable | None:
    """As ``disable``, spending the code that ``me`` entered for this account: one code, one disabling.

    Raises CodeUsedUp besides. When it raises anything, the code is not spent.
    """
    with write():
        if not step_up.use_up(me.session, ACTION, wanted.account.public_id):
            raise CodeUsedUp
        return disable(wanted)


def disable(wanted: Disabling, *, at_once: bool = False) -> ScheduledDisable | None:
    """Turn it off now (returns None), or after SUPPORT_DISABLE_DELAY seconds (returns what was scheduled).

    ``at_once`` skips the wait. Raises AlreadyOff, scheduled_disables.AlreadyScheduled.
    """
    delay = 0 if at_once else settings().support_disable_delay
    with write():
        # From here on the account is the row that is locked, whatever object the caller held.
        wanted = replace(wanted, account=accounts.lock(wanted.account))
        if not wanted.account.two_factor_on:
            raise AlreadyOff
        scheduled = None
        if delay:
            scheduled = scheduled_disables.schedule(wanted, delay)
        else:
            _switch_off(wanted, "at once")
        if wanted.request is not None:
            support_requests.close(wanted.request, operator=wanted.operator)
        return scheduled


def run_scheduled(job: Job, lease: Lease) -> None:
    """The wait is over: turn it off, if nobody stopped it and it is still on. Safe to run twice."""
    with write() as session:
        lease.renew()  # what is written here is kept only if the job is still ours
        scheduled = session.get(ScheduledDisable, job.params["scheduled_id"], populate_existing=True)
        if scheduled is None or scheduled.state != "waiting":
            return
        if scheduled.due_at > now():  # the clock was set back; the wait was promised in full
            enqueue(JOB, due_at=scheduled.due_at, scheduled_id=scheduled.id)
            return
        account = accounts.lock(session.get_one(Account, scheduled.account_id))
        if (
            not scheduled_disables.end(ScheduledDisable.id == scheduled.id, "done")
            or not account.two_factor_on
        ):
            return
        user = session.get(User, scheduled.support_user_id) if scheduled.support_user_id else None
        operator = Operator(user, scheduled.support_label)
        _switch_off(Disabling(account, operator, scheduled.reason, scheduled.evidence), "after the wait")


def given_up(job: Job, _: str) -> None:
    """The job failed for good: two-factor stays on, and everyone is told so. Called inside write()."""
    scheduled = db.session.get(ScheduledDisable, job.params["scheduled_id"], populate_existing=True)
    if scheduled is not None:
        scheduled_disables.stop(scheduled, operator=Operator(None, "the site, after a fault"))


def _switch_off(wanted: Disabling, how: str) -> None:
    """The one on -> off. The account's row is locked, and was found on."""
    account, operator = wanted.account, wanted.operator
    with write() as session:
        account.two_factor_enabled_at = None
        account.two_factor_enabled_by = None
        session.flush()
        scheduled_disables.end(ScheduledDisable.account_id == account.id, "done")
        # What was opened under the rule of codes ends with it: who is inside, rightly or not, signs in again.
        shut_every_door_of_account(account, "two-factor turned off")
        record(
            Event.TWO_FACTOR_OFF, account=account, actor=operator.user, actor_label=operator.label,
            reason=wanted.reason, evidence=EVIDENCE[wanted.evidence], how=how,
        )  # fmt: skip
        notices.two_factor_off(account, wanted.reason)
