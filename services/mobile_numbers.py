"""Whose number is what: one's own, proved by a code, and those that the owner enters for others, not yet confirmed."""

from collections.abc import Mapping

from models.account import Account
from models.user import User
from services import accounts, limits, notices, number_binding, number_confirmations, step_up
from services.audit import Event, record
from services.clock import now
from services.numbers import MobileNumber, NumberRefused, masked, parse_mobile, readable
from services.revocation import shut_every_door
from services.sessions import SignedIn
from services.unit_of_work import write
from services.wording import approvals

SET_FOR_USERS = "mobile.set_for_users"
_NOBODY = "none"


def shown(user: User) -> str:
    """The number as its field shows it: as it was typed."""
    if user.mobile_number is None:
        return ""
    return user.mobile_number_typed or readable(user.mobile_number)


def read(typed: str, user: User, region: str) -> MobileNumber:
    """The number that was typed for ``user``. Raises NumberRefused.

    What the field showed stays the number on record, even when the region it is read with has changed since.
    """
    if user.mobile_number is not None and typed in {shown(user), user.mobile_number}:
        return MobileNumber(user.mobile_number, shown(user), parse_mobile(user.mobile_number, region).region)
    return parse_mobile(typed, region)


def is_usable(user: User) -> bool:
    """Whether codes can be sent to the number on record, by today's rules (ALLOWED_REGIONS may have changed)."""
    if user.mobile_number is None:
        return False
    try:
        parse_mobile(user.mobile_number, "ZZ")
    except NumberRefused:
        return False
    return True


# --- one's own


def store_own(me: SignedIn, number: MobileNumber) -> bool:
    """After the right code and with the user's row locked: keep a number as confirmed. True when it is another one.

    The old number and the mail address are told; everything that rested on the old number ends, but for this session.
    """
    user = me.user
    old = user.mobile_number
    if old == number.e164:
        user.mobile_number_typed = number.typed
        user.mobile_confirmed_at = user.mobile_confirmed_at or now()
        return False
    if old is not None and user.account is not None:
        limits.hit("number_changes_account", user.account.id)
    was_confirmed = user.mobile_confirmed
    user.mobile_number = number.e164
    user.mobile_number_typed = number.typed
    user.mobile_confirmed_at = now()
    _own_changed(me, old, number.e164, was_confirmed)
    return True


def remove_own(me: SignedIn) -> bool:
    """Only where two-factor is off; the caller has looked, under the account's lock. False when there was none."""
    old = me.user.mobile_number
    if old is None:
        return False
    was_confirmed = me.user.mobile_confirmed
    _forget(me.user)
    _own_changed(me, old, None, was_confirmed)
    return True


def _own_changed(me: SignedIn, old: str | None, new: str | None, was_confirmed: bool) -> None:
    user = me.user
    number_confirmations.end_all(user)
    record(Event.NUMBER_CHANGED, account=user.account, actor=user, old=_masked(old), new=_masked(new))
    notices.number_changed(user, old=old, old_confirmed=was_confirmed, new=new, by=user)
    shut_every_door(user, "number changed", keep=me.session)


# --- other people's, entered by the owner


def save_for_users(me: SignedIn, typed: Mapping[str, str]) -> dict[str, str]:
    """The numbers window: ``typed`` by public id, for everyone of the account but the owner. All rows are kept or none.

    Returns what is wrong, by public id; empty when saved. A row that was not sent (the user was added meanwhile) stays
    as it is, if it has a number. Raises step_up.StepUpFirst and limits.LimitExceeded, with nothing changed.
    """
    with write():
        account = accounts.lock_as_owner(me)
        others = [user for user in accounts.lock_members(account) if not user.is_owner]
        numbers, faults = _judge(others, typed, account.region)
        if faults:
            return faults
        changed = [user for user in others if user.mobile_number != numbers[user.public_id].e164]
        if changed:
            _approve(me, account, changed, numbers)
        for user in others:
            set_for_user(account, user, numbers[user.public_id], by=me.user)
    return {}


def _approve(
    me: SignedIn, account: Account, changed: list[User], numbers: Mapping[str, MobileNumber]
) -> None:
    new = {user.public_id: numbers[user.public_id].e164 for user in changed}
    if len(changed) == 1:
        wording = approvals.change_number(changed[0].name, new[changed[0].public_id])
    else:
        wording = approvals.change_numbers(new)
    step_up.spend(me, SET_FOR_USERS, step_up.exactly(account.public_id, *sorted(new.items())), wording)


def _judge(
    users: list[User], typed: Mapping[str, str], region: str
) -> tuple[dict[str, MobileNumber], dict[str, str]]:
    numbers: dict[str, MobileNumber] = {}
    faults: dict[str, str] = {}
    for user in users:
        try:
            numbers[user.public_id] = read(typed.get(user.public_id, shown(user)), user, region)
        except NumberRefused as refused:
            faults[user.public_id] = str(refused)
    return numbers, faults


def set_for_user(account: Account, user: User, number: MobileNumber | None, *, by: User) -> bool:
    """The owner's word for somebody's number, with the rows locked. True when it is another number (or none).

    It counts as unconfirmed until that person enters a code sent to it, and no code is sent to it now: whoever types
    other people's numbers must not be able to text them. Raises limits.LimitExceeded.
    """
    old = user.mobile_number
    if number is not None and number.e164 == old:
        user.mobile_number_typed = number.typed
        return False
    if number is None and old is None:
        return False
    was_confirmed = user.mobile_confirmed
    if number is None:
        _forget(user)
    else:
        user.mobile_number, user.mobile_number_typed = number.e164, number.typed
        user.mobile_confirmed_at = None
        if user.codes_stopped_at is not None:  # too many wrong codes; the owner binds another number
            number_binding.allow_codes(user)
    new = user.mobile_number
    number_confirmations.end_all(user)
    record(
        Event.NUMBER_SET_BY_OWNER, account=account, actor=by, subject=user, old=_masked(old), new=_masked(new)
    )
    notices.number_changed(user, old=old, old_confirmed=was_confirmed, new=new, by=by)
    if old is not None:
        limits.hit("number_changes_account", account.id)
        shut_every_door(user, "number changed")
    return True


def _forget(user: User) -> None:
    user.mobile_number = user.mobile_number_typed = user.mobile_confirmed_at = None


def _masked(number: str | None) -> str:
    return masked(number) if number else _NOBODY
