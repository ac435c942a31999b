"""Browsers in which a code was entered and need not be for a while: a row, a random cookie, one user.

A browser that several people use carries several tokens in its one cookie, newest first.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, insert, or_, select, update
from sqlalchemy.orm import joinedload

from config import settings
from extensions import db
from models.account import Account
from models.trusted_browser import TrustedBrowser
from models.types import UtcDateTime
from models.user import Role, User
from services.browser_names import family
from services.clock import now
from services.origin import current_origin
from services.tokens import new_token, token_hash
from services.unit_of_work import changed, write

#: Tokens in one cookie; the oldest falls out.
MAX_TOKENS = 5
_SEPARATOR = "."
#: How long a token that was replaced is still taken.
GRACE = timedelta(seconds=30)
#: What stands in ``revoked_because`` of a replaced token's row, which is none of the browsers that are listed.
_REPLACED = "replaced"


def find(cookie: str) -> list[tuple[TrustedBrowser, User]]:
    """The live records of this browser, with whose they are and their accounts. The server judges their age."""
    hashes = [token_hash(token) for token in _tokens(cookie)]
    if not hashes:
        return []
    found = db.session.execute(_FIND, {"tokens": hashes, "moment": now()}).all()
    # A cookie that turns up in a browser of another make was copied: it saves nobody the code (ASVS 8.2.4).
    make = family(current_origin().user_agent)
    return [(browser, user) for browser, user in found if family(browser.user_agent) == make]


def trust(user: User, cookie: str) -> str:
    """Remember this browser for ``user``; returns the cookie's new value."""
    token = new_token()
    moment = now()
    origin = current_origin()
    with write() as session:
        session.add(
            TrustedBrowser(
                user_id=user.id,
                token_hash=token_hash(token),
                created_at=moment,
                last_used_at=moment,
                expires_at=moment + _lifetime(),
                address=origin.address,
                user_agent=origin.user_agent,
            )
        )
    return _SEPARATOR.join([token, *_tokens(cookie)][:MAX_TOKENS])


def used(browser: TrustedBrowser, cookie: str) -> str | None:
    """A sign-in is completed here: the days begin again, with a new token. Returns the cookie's new value,
    "" to leave it as it is (another tab has just changed it).

    None when it was revoked meanwhile and says nothing more. The token before is worth something for GRACE longer, so
    that two tabs at the same moment cost nobody a code; what was copied earlier dies. A browser that never got the
    answer with the new token is asked for a code when GRACE is over.
    """
    moment, old, token = now(), browser.token_hash, new_token()
    with write() as session:
        given = {
            "old": old, "moment": moment, "new": token_hash(token), "expires": moment + _lifetime(),
            "place": current_origin().address,
        }  # fmt: skip
        rotated = changed(_ROTATE, given)
        if not rotated:
            return "" if _was_just_replaced(old, moment) else None
        before = {
            "user_id": browser.user_id,
            "token_hash": old,
            "created_at": moment,
            "last_used_at": moment,
            "expires_at": moment + GRACE,
            "address": browser.address,
            "user_agent": browser.user_agent,
            "revoked_because": _REPLACED,
        }
        session.execute(_REMEMBER, before)
    others = [kept for kept in _tokens(cookie) if token_hash(kept) != old]
    return _SEPARATOR.join([token, *others][:MAX_TOKENS])


def _was_just_replaced(old: bytes, moment: datetime) -> bool:
    found = select(TrustedBrowser.id).where(
        TrustedBrowser.token_hash == old,
        TrustedBrowser.revoked_because == _REPLACED,
        TrustedBrowser.revoked_at.is_(None),
        TrustedBrowser.expires_at > moment,
    )
    return db.session.scalar(found) is not None


def _trusted(moment: Any) -> tuple[ColumnElement[bool], ...]:
    """Live, and no token that was replaced."""
    return (
        TrustedBrowser.revoked_at.is_(None),
        TrustedBrowser.revoked_because.is_(None),
        TrustedBrowser.expires_at > moment,
    )


# Put together once: every sign-in in a trusted browser runs them.
_MOMENT = bindparam("moment", type_=UtcDateTime)
_FIND = (
    select(TrustedBrowser, User)
    .join(User, User.id == TrustedBrowser.user_id)
    .where(
        TrustedBrowser.token_hash.in_(bindparam("tokens", expanding=True)),
        TrustedBrowser.revoked_at.is_(None),
        TrustedBrowser.expires_at > _MOMENT,
        User.removed_at.is_(None),
        User.role != Role.SUPPORT,
    )
    .options(joinedload(User.account))
    .execution_options(populate_existing=True)
)
_ROWS = cast(Table, TrustedBrowser.__table__)
_REMEMBER = insert(_ROWS)
_ROTATE = (
    update(_ROWS)
    .where(TrustedBrowser.token_hash == bindparam("old"), *_trusted(_MOMENT))
    .values(
        token_hash=bindparam("new"),
        last_used_at=_MOMENT,
        expires_at=bindparam("expires"),
        address=bindparam("place"),
    )
)


def among(browsers: list[TrustedBrowser], cookie: str) -> TrustedBrowser | None:
    """The one of these that ``cookie`` belongs to."""
    hashes = {token_hash(token) for token in _tokens(cookie)}
    return next((browser for browser in browsers if browser.token_hash in hashes), None)


def revoke(browser: TrustedBrowser, because: str) -> None:
    replaced = and_(TrustedBrowser.user_id == browser.user_id, TrustedBrowser.revoked_because == _REPLACED)
    _revoke(or_(TrustedBrowser.id == browser.id, replaced), because)


def revoke_all(user: User, because: str) -> None:
    _revoke(TrustedBrowser.user_id == user.id, because)


def revoke_all_of_account(account: Account, because: str) -> None:
    _revoke(TrustedBrowser.user_id.in_(select(User.id).where(User.account_id == account.id)), because)


def live(user: User) -> list[TrustedBrowser]:
    """Newest use first."""
    return list(
        db.session.scalars(
            select(TrustedBrowser)
            .where(TrustedBrowser.user_id == user.id, *_trusted(now()))
            .order_by(TrustedBrowser.last_used_at.desc())
        )
    )


def _revoke(which: ColumnElement[bool], because: str) -> None:
    with write():
        changed(
            update(TrustedBrowser)
            .where(which, TrustedBrowser.revoked_at.is_(None))
            .values(revoked_at=now(), revoked_because=because)
        )


def _tokens(cookie: str) -> list[str]:
    return [token for token in cookie[:1000].split(_SEPARATOR) if token][:MAX_TOKENS]


def _lifetime() -> timedelta:
    return timedelta(days=settings().trusted_browser_days)
