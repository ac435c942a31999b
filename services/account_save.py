"""The button "Save settings" of the account page: company data, the owner's number, two-factor on; whole or not at all.

A number that is new, and the owner's number when two-factor is to go on, must be proved by a code in this session. Then
the save waits (services/number_confirmations.py) and the right code finishes it, in one transaction.
"""

from dataclasses import dataclass

from models.account import Account
from models.number_confirmation import NumberConfirmation
from models.user import User
from services import accounts, mobile_numbers, number_confirmations, sessions, step_up, two_factor
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
    """Nothing was saved: ``number`` has to be proved first. ``stepped_up``: the old number has been."""

    number: MobileNumber
    stepped_up: bool


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


def save(me: SignedIn, wanted: Wanted) -> Saved | CodeNeeded | NumberNeeded | NumbersMissing:
    """Raises step_up.StepUpFirst when the old number must be proved before the new one."""
    with write():
        account = accounts.lock_as_owner(me)
        members = accounts.lock_members(account)
        turning_on = wanted.two_factor and not account.two_factor_on
        if wanted.number is None and (turning_on or account.two_factor_on):
            return NumberNeeded()
        if turning_on and two_factor.without_number(members):
            return NumbersMissing()
        if wanted.number is not None and _must_be_proved(me, wanted.number, turning_on):
            return CodeNeeded(wanted.number, stepped_up=_prove_old_number(me, account))
        _apply_number(me, wanted.number)
        accounts.change(me, account, wanted.company)
        if turning_on:
            two_factor.turn_on(me, account, members)
        return Saved(turned_on=turning_on, number_changed=wanted.number is None)


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
    if old_number_is_unproved(me, account, waiting):
        return Overtaken()
    changed = mobile_numbers.store_own(me, number)
    if changed:
        step_up.use_up(me.session, mobile_numbers.CHANGE_OWN, me.user.public_id)
    turning_on = wanted.two_factor and not account.two_factor_on
    if turning_on and two_factor.without_number(members):
        return NumbersMissing(number_changed=changed)
    accounts.change(me, account, wanted.company)
    if turning_on:
        two_factor.turn_on(me, account, members)
    return Saved(turned_on=turning_on, number_changed=changed)


def old_number_is_unproved(me: SignedIn, account: Account, waiting: NumberConfirmation) -> bool:
    """Whether the save began while two-factor was off, and would now change a number that codes go to."""
    old = me.user.mobile_number
    return account.two_factor_on and not waiting.stepped_up and old is not None and old != waiting.number


def _must_be_proved(me: SignedIn, number: MobileNumber, turning_on: bool) -> bool:
    return number.e164 != me.user.mobile_number or (turning_on and not two_factor.owner_is_proved(me))


def _prove_old_number(me: SignedIn, account: Account) -> bool:
    """True once the old number was proved; False where that is not asked for. Raises step_up.StepUpFirst."""
    if not account.two_factor_on:
        return False
    step_up.demand(me, mobile_numbers.CHANGE_OWN, me.user.public_id, "change your mobile number")
    return True


def _apply_number(me: SignedIn, number: MobileNumber | None) -> None:
    """What needs no proof: the same number typed in another way, or none where none is needed."""
    if number is None:
        mobile_numbers.remove_own(me)
    else:
        me.user.mobile_number_typed = number.typed
