"""What must end together when something about a person changes (DESIGN: sessions, trusted browsers, open codes)."""

from sqlalchemy import ColumnElement, select, update

from extensions import db
from models.account import Account
from models.challenge import Challenge
from models.login_session import LoginSession, PendingSignIn
from models.user import User
from services import codes, links, sessions, trusted_browsers
from services.clock import now
from services.unit_of_work import changed, write


def shut_every_door(user: User, because: str, *, keep: LoginSession | None = None) -> None:
    """End sessions (but ``keep``), forget trusted browsers, void open codes and links of ``user``.

    After a password change or reset, a number change, a role change, removal, or "this was not me".
    """
    with write():
        _hold(User.id == user.id)
        sessions.end_all(user, because, keep=keep)
        trusted_browsers.revoke_all(user, because)
        codes.close_all(user, "revoked")
        _end_pending(PendingSignIn.user_id == user.id)
        links.void_all(user, links.PASSWORD_RESET)


def shut_every_door_of_account(account: Account, because: str, *, keep: LoginSession | None = None) -> None:
    """The same for everyone of ``account``, in a handful of statements: two-factor authentication went on or off."""
    members = select(User.id).where(User.account_id == account.id)
    with write():
        _hold(User.account_id == account.id)
        sessions.end_all_of_account(account, because, keep=keep)
        trusted_browsers.revoke_all_of_account(account, because)
        changed(
            update(Challenge)
            .where(Challenge.user_id.in_(members), Challenge.spent_at.is_(None))
            .values(spent_at=now(), outcome="revoked")
        )
        _end_pending(PendingSignIn.user_id.in_(members))


def _hold(which: ColumnElement[bool]) -> None:
    """Keep sign-ins of these users waiting until all is shut: one that was under way would slip in behind us."""
    db.session.execute(select(User.id).where(which).order_by(User.id).with_for_update(key_share=True))


def _end_pending(which: ColumnElement[bool]) -> None:
    with write():
        changed(update(PendingSignIn).where(which, PendingSignIn.ended_at.is_(None)).values(ended_at=now()))
