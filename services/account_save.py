"""The button "Save settings" of the account page: company data, the owner's number, two-factor on; whole or not at all.

A number that is new, and the owner's number when two-factor is to go on, must be proved by a code in this session. Then
the save waits (services/number_confirmations.py) and the right code finishes it, in one transaction.
"""

from dataclasses import dataclass

from models.account import Account
from models.number_confirmation import NumberConfirmation
from models.user import User
from services import accounts, mobile_numbers, number_confirmations, sessions, two_factor
from services.accounts import CompanyData
from services.codes import Verdict
from services.numbers import MobileNumber
from services.sessions import SignedIn
from services.unit_of_work import write


@dataclass(frozen=True)
class Wanted:
    """What the form says. ``number`` None: the field was emptied. ``two_factor`` can only ask for "on"."""

    company: CompanyData
    number: MobileNumber | None
    two_factor: bool


@dataclass(frozen=True)
class Saved:
    turned_on: bool = False
    number_changed: bool = False


@dataclass(frozen=True)
class CodeNeeded:
    """Nothing was saved: the save waits until its number is proved."""

    waiting: NumberConfirmation


@dataclass(frozen=True)
class NumberNeeded:
    """Nothing was saved: two-factor needs a number of the owner."""


@dataclass(frozen=True)
class NumbersMissing:
    """Some user has no valid number, so two-factor did not go on and the rest was not saved.

    ``number_changed``: only the owner's own number was kept, since its code was right.
    """

    number_changed: bool = False


@dataclass(frozen=True)
class Overtaken:
    """Two-factor went on between the save and its code, so the old number has to be proved first. Nothing was saved."""


def changes_sign_in(me: SignedIn, wanted: Wanted) -> bool:
    """Whether the save changes the owner's number or two-factor: what services/reauthentication.py guards."""
    number = wanted.number.e164 if wanted.number else None
    return number != me.user.mobile_number or (wanted.two_factor and not me.two_factor_on)


def save(
    me: SignedIn, wanted: Wanted, fields: dict[str, list[str]]
) -> Saved | CodeNeeded | NumberNeeded | NumbersMissing:
    """``fields``: the form as text, kept for a save that has to wait.

    Raises step_up.StepUpFirst when the old number must be proved before the new one.
    """
    outcome = _save(me, wanted, fields)
    if isinstance(outcome, CodeNeeded):
        number_confirmations.send(me, outcome.waiting)
    return outcome


def _save(
    me: SignedIn, wanted: Wanted, fields: dict[str, list[str]]
) -> Saved | CodeNeeded | NumberNeeded | NumbersMissing:
    with write():
        account = accounts.lock_as_owner(me)
        members = accounts.lock_members(account)
        turning_on = wanted.two_factor and not account.two_factor_on
        if wanted.number is None and (turning_on or account.two_factor_on):
            return NumberNeeded()
        if turning_on and two_factor.without_number(members):
            return NumbersMissing()
        if wanted.number is not None and _must_be_proved(me, wanted.number, turning_on):
            kind = number_confirmations.ACCOUNT
            return CodeNeeded(number_confirmations.begin(me, kind, wanted.number, fields))
        changed = _apply_number(me, wanted.number)
        accounts.change(me, account, wanted.company)
        if turning_on:
            two_factor.turn_on(me, account, members)
        return Saved(turned_on=turning_on, number_changed=changed)


def finish(
    me: SignedIn, waiting: NumberConfirmation, code: str, wanted: Wanted
) -> tuple[Verdict, Saved | NumbersMissing | Overtaken | None, SignedIn]:
    """Judge the code of a save that waits; the right one finishes the save and gives the session a new token.

    All in one transaction: a crash anywhere leaves everything as it was, the code unspent.
    """
    with write():
        account = accounts.lock_as_owner(me)
        members = accounts.lock_members(account)
        verdict = number_confirmations.check(me, waiting, code)
        if not verdict.is_right:
            return verdict, None, me
        outcome = _finish(me, waiting, wanted, account, members)
        return verdict, outcome, sessions.renew(me)


def _finish(
    me: SignedIn, waiting: NumberConfirmation, wanted: Wanted, account: Account, members: list[User]
) -> Saved | NumbersMissing | Overtaken:
    number = number_confirmations.number_of(waiting)
    if number_confirmations.old_number_is_unproved(me, account, waiting):
        return Overtaken()
    changed = mobile_numbers.store_own(me, number)
    turning_on = wanted.two_factor and not account.two_factor_on
    if turning_on and two_factor.without_number(members):
        return NumbersMissing(number_changed=changed)
    accounts.change(me, account, wanted.company)
    if turning_on:
        two_factor.turn_on(me, account, members)
    return Saved(turned_on=turning_on, number_changed=changed)


def _must_be_proved(me: SignedIn, number: MobileNumber, turning_on: bool) -> bool:
    return number.e164 != me.user.mobile_number or (turning_on and not two_factor.owner_is_proved(me))


def _apply_number(me: SignedIn, number: MobileNumber | None) -> bool:
    """What needs no proof: the same number typed in another way, or none where none is needed. True: it is gone."""
    if number is None:
        return mobile_numbers.remove_own(me)
    me.user.mobile_number_typed = number.typed
    return False
