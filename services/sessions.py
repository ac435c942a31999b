"""Sessions live on the server. The cookie carries one opaque token; its hash finds the row that says who is in.

Sources: OWASP ASVS 5.0 7.2.1 to 7.2.4 (tokens), 7.3 (time-outs), 7.4 (ends); NIST SP 800-63B-4 5 (sessions).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, select, update

from config import settings
from extensions import db
from models.account import Account
from models.login_session import LoginSession
from models.types import UtcDateTime
from models.user import User
from services import session_rows
from services.clock import now
from services.origin import current_origin
from services.tokens import new_token, token_hash
from services.unit_of_work import changed, write

#: Sessions that one person may have open; signing in once more ends the oldest (ASVS 7.1.2).
MAX_AT_ONCE = 10
#: A session's last_seen_at is written at most this often (seconds), so that reading pages does not write.
_SEEN_EVERY = 60


@dataclass
class SignedIn:
    """Who is asking: what Flask-Login carries as ``current_user``. One query loads session, user and account."""

    token: str
    session: LoginSession
    user: User

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @property
    def account(self) -> Account:
        """The account of a member. Support staff belong to none; their pages never ask."""
        if self.user.account is None:
            raise LookupError("support staff have no account")
        return self.user.account

    @property
    def two_factor_on(self) -> bool:
        """Whether codes guard what this person does: by their account's rule, and always for support."""
        return self.user.is_support or self.account.two_factor_on

    def get_id(self) -> str:
        return self.token


def start(user: User, *, second_step: str) -> SignedIn:
    """A new session for a person who has passed every step. Called by services/completing.py and nothing else."""
    moment = now()
    token = new_token()
    origin = current_origin()
    with write() as session:
        row = LoginSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + timedelta(seconds=settings().session_lifetime),
            address=origin.address,
            user_agent=origin.user_agent,
            second_step=second_step,
            verified_at={},
        )
        session.add(row)
        changed(_SIGNED_IN, {"user": user.id, "moment": moment})
        session.flush()
        changed(_TOO_MANY, {"user": user.id, "moment": moment})
    return SignedIn(token, row, user)


_USERS, _SESSIONS = cast(Table, User.__table__), cast(Table, LoginSession.__table__)
_MOMENT = bindparam("moment", type_=UtcDateTime)
_OF_USER = and_(_SESSIONS.c.user_id == bindparam("user"), _SESSIONS.c.ended_at.is_(None))
_SIGNED_IN = update(_USERS).where(_USERS.c.id == bindparam("user")).values(last_signed_in_at=_MOMENT)
_NEWEST = select(_SESSIONS.c.id).where(_OF_USER).order_by(_SESSIONS.c.id.desc()).limit(MAX_AT_ONCE)
_TOO_MANY = (
    update(_SESSIONS)
    .where(_OF_USER, _SESSIONS.c.id.not_in(_NEWEST))
    .values(ended_at=_MOMENT, ended_because="too many sessions")
)


def load(token: str) -> SignedIn | None:
    """The session of a cookie's token, if it still stands: not ended, not idle too long, not too old."""
    row = session_rows.find(token_hash(token))
    if row is None or not _stands(row, now()):
        return None
    return SignedIn(token, row, row.user)


def _stands(row: LoginSession, moment: datetime) -> bool:
    if row.ended_at is not None or row.user.removed_at is not None:
        return False
    if moment >= row.expires_at or moment >= row.last_seen_at + timedelta(seconds=settings().session_idle):
        return False
    account = row.user.account
    # Switching two-factor on ends these rows; should one be left, it is still worth nothing.
    return not (account is not None and account.two_factor_on and row.second_step == "off")


def seen(signed_in: SignedIn) -> None:
    """Keep the idle limit from being reached by someone who is at work."""
    moment = now()
    if moment - signed_in.session.last_seen_at < timedelta(
        seconds=min(_SEEN_EVERY, settings().session_idle // 4)
    ):
        return
    with write():
        changed(
            update(LoginSession)
            .where(LoginSession.id == signed_in.session.id, LoginSession.ended_at.is_(None))
            .values(last_seen_at=moment)
        )


def renew(signed_in: SignedIn) -> SignedIn:
    """A new token for the same session: what was copied from the cookie before is worth nothing after."""
    token = new_token()
    with write():
        row = update(LoginSession).where(LoginSession.id == signed_in.session.id)
        changed(row.values(token_hash=token_hash(token)))
    return SignedIn(token, signed_in.session, signed_in.user)


def end(row: LoginSession, because: str) -> None:
    _end(LoginSession.id == row.id, because)


def end_all(user: User, because: str, *, keep: LoginSession | None = None) -> None:
    """End a user's sessions, but for ``keep``: the one in which they are doing this."""
    _end(LoginSession.user_id == user.id, because, keep)


def end_all_of_account(account: Account, because: str, *, keep: LoginSession | None = None) -> None:
    members = select(User.id).where(User.account_id == account.id)
    _end(LoginSession.user_id.in_(members), because, keep)


def _end(which: ColumnElement[bool], because: str, keep: LoginSession | None = None) -> None:
    if keep is not None:
        which = which & (LoginSession.id != keep.id)
    with write():
        changed(
            update(LoginSession)
            .where(which, LoginSession.ended_at.is_(None))
            .values(ended_at=now(), ended_because=because)
        )


def began_here(user: User) -> bool:
    """Whether a session of theirs began in a browser of this name and at this address in the last 30 days."""
    origin = current_origin()
    found = db.session.scalar(
        select(LoginSession.id)
        .where(
            LoginSession.user_id == user.id,
            LoginSession.address == origin.address,
            LoginSession.user_agent == origin.user_agent,
            LoginSession.created_at > now() - timedelta(days=30),
        )
        .limit(1)
    )
    return found is not None


def open_sessions(user: User) -> list[LoginSession]:
    """Newest first."""
    moment = now()
    return list(
        db.session.scalars(
            select(LoginSession)
            .where(
                LoginSession.user_id == user.id,
                LoginSession.ended_at.is_(None),
                LoginSession.expires_at > moment,
                LoginSession.last_seen_at > moment - timedelta(seconds=settings().session_idle),
            )
            .order_by(LoginSession.id.desc())
        )
    )
