"""Binding a number again after too many wrong codes in a row stopped a person's codes.

Whoever knows a password can spoil its owner's codes, over days and telling them all the while; nobody without it can.
So the way back needs somebody else, who asks the person: the account's owner or support (docs/decisions/0011). Another
number, set by the owner, binds as well.
"""

from models.account import Account
from models.user import User
from services import accounts, notices, step_up
from services.audit import Event, record
from services.disabling import Operator
from services.revocation import shut_every_door
from services.sessions import SignedIn
from services.unit_of_work import write
from services.wording import approvals

#: The step-ups; their scope is the person's public id.
BY_OWNER = "mobile.bind_again"
BY_SUPPORT = "support.mobile.bind_again"


class NotStopped(Exception):
    """Codes of this person are sent and taken: there is nothing to bind again, or they are gone."""


def allow_codes(user: User) -> None:
    """Forget the wrong codes of ``user``, whose number is bound anew. Inside write(), with the row locked."""
    user.code_failures, user.code_paused_until, user.codes_stopped_at = 0, None, None


def wording(user: User) -> str:
    return approvals.bind_again(user.name)


def by_owner(me: SignedIn, user: User) -> None:
    """Raises NotStopped, step_up.StepUpFirst. The owner's own number is bound again by support only."""
    with write():
        account = accounts.lock_as_owner(me)
        fresh = accounts.lock_member(account, user)
        if fresh is None or fresh.is_owner or fresh.codes_stopped_at is None:
            raise NotStopped
        step_up.spend(me, BY_OWNER, fresh.public_id, wording(fresh))
        _bind(account, fresh, Operator.person(me.user), by="owner")


def by_support(me: SignedIn, account: Account, user: User) -> None:
    """Raises NotStopped, step_up.StepUpFirst."""
    with write():
        account = accounts.lock(account)
        fresh = accounts.lock_member(account, user)
        if fresh is None or fresh.codes_stopped_at is None:
            raise NotStopped
        step_up.spend(me, BY_SUPPORT, fresh.public_id, wording(fresh))
        _bind(account, fresh, Operator.person(me.user), by="support")


def at_command_line(user: User, operator: Operator) -> None:
    """For support people, who have no owner. Raises NotStopped."""
    with write() as session:
        session.refresh(user, with_for_update={"key_share": True, "of": User})
        if user.removed_at is not None or user.codes_stopped_at is None:
            raise NotStopped
        _bind(user.account, user, operator, by="operator")


def _bind(account: Account | None, user: User, operator: Operator, *, by: str) -> None:
    """With the rows locked. The number counts as unconfirmed until a code sent to it comes back."""
    allow_codes(user)
    user.mobile_confirmed_at = None
    record(
        Event.NUMBER_BOUND_AGAIN,
        account=account,
        actor=operator.user,
        actor_label=operator.label,
        subject=user,
    )
    notices.number_bound_again(user, by=by)
    shut_every_door(user, "number bound again")
