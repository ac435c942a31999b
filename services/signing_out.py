"""Ending other people's sessions: the owner for a user, support for everyone of an account.

It can only shut doors, so no code is asked for; it is recorded and told. Source: OWASP ASVS 5.0 7.4.5.
"""

from models.account import Account
from models.user import User
from services import accounts, notices
from services.audit import Event, record
from services.revocation import shut_every_door, shut_every_door_of_account
from services.sessions import SignedIn
from services.unit_of_work import write
from services.users import UserGone


def by_owner(me: SignedIn, user: User) -> None:
    """Sessions, trusted browsers and open codes of ``user`` end. Raises users.UserGone."""
    with write():
        account = accounts.lock_as_owner(me)
        fresh = accounts.lock_member(account, user)
        if fresh is None or fresh.is_owner:
            raise UserGone
        shut_every_door(fresh, "ended by the owner")
        record(Event.USER_SIGNED_OUT, account=account, actor=me.user, subject=fresh)
        notices.signed_out(fresh, by=me.user.name)


def by_support(me: SignedIn, account: Account, reason: str) -> None:
    """The same for everyone of ``account``, the owner included. ``reason`` is read by all of them."""
    with write():
        account = accounts.lock(account)
        shut_every_door_of_account(account, "ended by support")
        record(Event.ACCOUNT_SIGNED_OUT, account=account, actor=me.user, reason=reason)
        for user in notices.members_of(account):
            notices.signed_out(user, by="", reason=reason)
