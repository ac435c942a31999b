"""One's own name, number and language, for anyone who is signed in."""

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


def rename(me: SignedIn, name: str, language: str | None = None) -> None:
    """All that support staff can change here: their number is set with their access, from the command line."""
    with write() as session:
        session.refresh(me.user, with_for_update={"key_share": True})
        if me.user.removed_at is not None:
            raise accounts.NotAMember
        _change(me, name, language)


def save(
    me: SignedIn,
    name: str,
    number: MobileNumber | None,
    fields: dict[str, list[str]],
    language: str | None = None,
) -> ProfileSaved | CodeNeeded | NumberNeeded:
    """``number`` None: the field was emptied. ``fields``: the form as text, kept for a save that has to wait.
    ``language``: "" is that of the browser, None leaves it as it is.

    Raises accounts.NotAMember, and step_up.StepUpFirst when the old number must be proved first.
    """
    outcome = _save(me, name, number, fields, language)
    if isinstance(outcome, CodeNeeded):
        number_confirmations.send(me, outcome.waiting)
    return outcome


def _save(
    me: SignedIn,
    name: str,
    number: MobileNumber | None,
    fields: dict[str, list[str]],
    language: str | None,
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
        _change(me, name, language)
        return ProfileSaved(number_changed=changed)


def finish(
    me: SignedIn, waiting: NumberConfirmation, code: str, name: str, language: str | None = None
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
        _change(me, name, language)
        return verdict, ProfileSaved(number_changed=changed), sessions.renew(me)


def _change(me: SignedIn, name: str, language: str | None) -> None:
    user, told = me.user, []
    if user.name != name:
        told.append(changes.of(changes.NAME, user.name, name))
        user.name = name
    if language is not None and language != (user.language or ""):
        told.append(changes.of(changes.LANGUAGE, user.language or "", language))
        user.language = language or None
    if told:
        record(Event.USER_CHANGED, account=user.account, actor=user, subject=user, changes=changes.kept(told))
