"""One's own name and number, for anyone who is signed in."""

from dataclasses import dataclass

from models.number_confirmation import NumberConfirmation
from services import accounts, mobile_numbers, number_confirmations, sessions
from services.account_save import CodeNeeded, NumberNeeded, Overtaken
from services.audit import Event, record
from services.codes import Verdict
from services.numbers import MobileNumber
from services.sessions import SignedIn
from services.unit_of_work import write
from services.wording import changes


@dataclass(frozen=True)
class ProfileSaved:
    number_changed: bool = False


def rename(me: SignedIn, name: str) -> None:
    """All that support staff can change here: their number is set with their access, from the command line."""
    with write() as session:
        session.refresh(me.user, with_for_update={"key_share": True})
        if me.user.removed_at is not None:
            raise accounts.NotAMember
        _rename(me, name)


def save(
    me: SignedIn, name: str, number: MobileNumber | None, fields: dict[str, list[str]]
) -> ProfileSaved | CodeNeeded | NumberNeeded:
    """``number`` None: the field was emptied. ``fields``: the form as text, kept for a save that has to wait.

    Raises accounts.NotAMember, and step_up.StepUpFirst when the old number must be proved first.
    """
    outcome = _save(me, name, number, fields)
    if isinstance(outcome, CodeNeeded):
        number_confirmations.send(me, outcome.waiting)
    return outcome


def _save(
    me: SignedIn, name: str, number: MobileNumber | None, fields: dict[str, list[str]]
) -> ProfileSaved | CodeNeeded | NumberNeeded:
    with write():
        account = accounts.lock_as_member(me)
        if number is None and account.two_factor_on:
            return NumberNeeded()
        if number is not None and number.e164 != me.user.mobile_number:
            kind = number_confirmations.PROFILE
            return CodeNeeded(number_confirmations.begin(me, kind, number, fields))
        changed = False
        if number is None:
            changed = mobile_numbers.remove_own(me)
        else:
            me.user.mobile_number_typed = number.typed
        _rename(me, name)
        return ProfileSaved(number_changed=changed)


def finish(
    me: SignedIn, waiting: NumberConfirmation, code: str, name: str
) -> tuple[Verdict, ProfileSaved | Overtaken | None, SignedIn]:
    """Judge the code of a save that waits; the right one finishes it and gives the session a new token.

    Raises accounts.NotAMember, limits.LimitExceeded.
    """
    with write():
        account = accounts.lock_as_member(me)
        verdict = number_confirmations.check(me, waiting, code)
        if not verdict.is_right:
            return verdict, None, me
        if number_confirmations.old_number_is_unproved(me, account, waiting):
            return verdict, Overtaken(), sessions.renew(me)
        changed = mobile_numbers.store_own(me, number_confirmations.number_of(waiting))
        _rename(me, name)
        return verdict, ProfileSaved(number_changed=changed), sessions.renew(me)


def _rename(me: SignedIn, name: str) -> None:
    user = me.user
    if user.name == name:
        return
    told = changes.kept([changes.of(changes.NAME, user.name, name)])
    record(Event.USER_CHANGED, account=user.account, actor=user, subject=user, changes=told)
    user.name = name
