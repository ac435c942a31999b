"""One's own name and number, for anyone who is signed in."""

from dataclasses import dataclass

from models.number_confirmation import NumberConfirmation
from services import account_save, accounts, mobile_numbers, number_confirmations, sessions, step_up
from services.account_save import CodeNeeded, NumberNeeded, Overtaken
from services.audit import Event, record
from services.codes import Verdict
from services.numbers import MobileNumber
from services.sessions import SignedIn
from services.unit_of_work import write


@dataclass(frozen=True)
class ProfileSaved:
    number_changed: bool = False


def rename(me: SignedIn, name: str) -> None:
    """All that support staff can change here: their number is set with their access, from the command line."""
    with write() as session:
        session.refresh(me.user, with_for_update={"key_share": True})
        _rename(me, name)


def save(me: SignedIn, name: str, number: MobileNumber | None) -> ProfileSaved | CodeNeeded | NumberNeeded:
    """``number`` None: the field was emptied. Raises step_up.StepUpFirst when the old number must be proved first."""
    with write():
        account = accounts.lock(me.account)
        accounts.lock_member(account, me.user)
        if number is None and account.two_factor_on:
            return NumberNeeded()
        if number is not None and number.e164 != me.user.mobile_number:
            if account.two_factor_on:
                step_up.demand(me, mobile_numbers.CHANGE_OWN, me.user.public_id, "change your mobile number")
            return CodeNeeded(number, stepped_up=account.two_factor_on)
        changed = number is None and me.user.mobile_number is not None
        if number is None:
            mobile_numbers.remove_own(me)
        else:
            me.user.mobile_number_typed = number.typed
        _rename(me, name)
        return ProfileSaved(number_changed=changed)


def finish(
    me: SignedIn, waiting: NumberConfirmation, code: str, name: str
) -> tuple[Verdict, ProfileSaved | Overtaken | None, SignedIn]:
    """Judge the code of a save that waits; the right one finishes it and gives the session a new token."""
    with write():
        account = accounts.lock(me.account)
        accounts.lock_member(account, me.user)
        verdict = number_confirmations.check(me, waiting, code)
        if not verdict.is_right:
            return verdict, None, me
        if account_save.old_number_is_unproved(me, account, waiting):
            return verdict, Overtaken(), sessions.renew(me)
        changed = mobile_numbers.store_own(me, number_confirmations.number_of(waiting))
        if changed:
            step_up.use_up(me.session, mobile_numbers.CHANGE_OWN, me.user.public_id)
        _rename(me, name)
        return verdict, ProfileSaved(number_changed=changed), sessions.renew(me)


def _rename(me: SignedIn, name: str) -> None:
    user = me.user
    if user.name == name:
        return
    changes = f"name from {user.name} to {name}"
    record(Event.USER_CHANGED, account=user.account, actor=user, subject=user, changes=changes)
    user.name = name
