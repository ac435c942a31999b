"""Two-factor authentication of an account: how it goes on, whole or not at all.

Turning it off exists in services/support.py and nowhere else: no function here can.
"""

from sqlalchemy import update

from extensions import db
from models.account import Account
from models.login_session import LoginSession
from models.user import User
from services import mobile_numbers, notices, number_confirmations
from services.audit import Event, record
from services.clock import now
from services.revocation import shut_every_door_of_account
from services.sessions import SignedIn
from services.unit_of_work import changed


def without_number(members: list[User]) -> list[User]:
    """Those of ``members`` whom no code could reach. The owner's number is a field of its own and not counted here."""
    return [user for user in members if not user.is_owner and not mobile_numbers.is_usable(user)]


def owner_is_proved(me: SignedIn) -> bool:
    """Whether the owner's number on record was confirmed by a code in this session."""
    user = me.user
    if user.mobile_number is None or not user.mobile_confirmed or not mobile_numbers.is_usable(user):
        return False
    return number_confirmations.proved_here(me, user.mobile_number)


def turn_on(me: SignedIn, account: Account, members: list[User]) -> None:
    """``off -> on``. Inside the caller's write(), with account and members locked and just re-read.

    Raises ValueError if it would be half on: the callers have asked both questions above.
    """
    if account.two_factor_on or not owner_is_proved(me) or without_number(members):
        raise ValueError("two-factor authentication cannot go on like this")
    account.two_factor_enabled_at = now()
    account.two_factor_enabled_by = me.user.name
    db.session.flush()
    shut_every_door_of_account(account, "two-factor turned on", keep=me.session)
    # This session has just proved the phone; any other that began without a code is worth nothing from now on.
    me.session.second_step = "code"
    changed(update(LoginSession).where(LoginSession.id == me.session.id).values(second_step="code"))
    record(Event.TWO_FACTOR_ON, account=account, actor=me.user)
    notices.two_factor_on(account, me.user)
