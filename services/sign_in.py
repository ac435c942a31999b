"""Signing in: the one way by which a session begins, whoever the person is.

Password first, then the second step: a trusted browser, or a code, or (account without two-factor) nothing. Between the
two there is a PendingSignIn and no session (services/second_step.py). An unknown address, a wrong password and a
removed user are one answer that takes the same time.

Whoever guesses passwords waits, longer with every failure (services/sign_in_counts.py).
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from extensions import db
from models.account import Account
from models.trusted_browser import TrustedBrowser
from models.user import User
from services import hashing, links, passwords, second_step, sessions, sign_in_counts, trusted_browsers
from services.audit import Event, record
from services.completing import Completed, complete
from services.hashing import Kind
from services.origin import acts, current_origin
from services.sessions import SignedIn
from services.unit_of_work import changed, write


@dataclass(frozen=True)
class Refused:
    """The address or the password is wrong; which, nobody learns."""


@dataclass(frozen=True)
class CodeNeeded:
    """The password was right. ``token`` goes into the cookie and opens nothing but the code page."""

    token: str


def begin(
    email: str, password: str, *, browser_cookie: str, next_path: str = "", reset_link: str = ""
) -> Refused | CodeNeeded | Completed:
    """Judge e-mail and password. Raises limits.LimitExceeded while this name or this network must wait, and
    hashing.Busy when there are too many at once.

    Tries are counted before the password is looked at, for known and unknown users alike: of many at the same moment
    no more are judged than of as many in a row. ``reset_link``: public id of the link by which this browser has just
    set a password, "" for none.
    """
    asked = _Asked(canonical_email(email), password, browser_cookie, reset_link, next_path)
    if (known := _known(asked)) is not None:
        with hashing.place(*known.counts.place()) as place:
            return _judge(asked, known, place)
    # Of a browser that this person is not known in a full line reads nothing about them.
    with hashing.place(Kind.STRANGER, current_origin().network) as place:
        known = _Known(find_user(asked.email), None, sign_in_counts.of_stranger(asked.email))
        return _judge(asked, known, place)


@dataclass(frozen=True)
class _Asked:
    email: str
    password: str
    browser_cookie: str
    reset_link: str
    next_path: str


@dataclass(frozen=True)
class _Known:
    user: User | None
    browser: TrustedBrowser | None
    counts: sign_in_counts.Counts


def _known(asked: _Asked) -> _Known | None:
    """What we know of a browser that is this person's. The database is asked about what the browser brings, never
    about the name: before there is a place in the line its time tells nobody who exists."""
    for browser, user in trusted_browsers.find(asked.browser_cookie):
        if user.email == asked.email:
            return _Known(user, browser, sign_in_counts.of_browser(browser))
    for link, user in links.just_spent(asked.reset_link, links.PASSWORD_RESET):
        if user.email == asked.email:
            return _Known(user, None, sign_in_counts.of_link(link))
    return None


def _judge(asked: _Asked, known: _Known, place: hashing.Place) -> Refused | CodeNeeded | Completed:
    user, browser, counts, next_path = known.user, known.browser, known.counts, asked.next_path
    counted = sign_in_counts.count(counts, user)
    judged = user.password_hash if user else None
    try:
        with place.turn():
            is_right = passwords.password_matches(judged, asked.password)
    except hashing.Busy:
        counts.give_back(counted)  # nobody looked at it: no failure, and no guess
        raise
    if not is_right or user is None:
        sign_in_counts.record_failure(user, counts)
        return Refused()
    acts(user.id)
    judged = _rehash(user, asked.password, place)
    with write():
        # Judging took a while: what was shut meanwhile (another password, removal) stays shut.
        if not _hold(user, judged):
            return Refused()
        counts.give_back(counted)
        if not needs_second_step(user):
            return complete(
                user, second_step="off", forgive=counts.name, browser_cookie=None, next_path=next_path
            )
        cookie = trusted_browsers.used(browser, asked.browser_cookie) if browser is not None else None
        if cookie is not None:
            return complete(
                user,
                second_step="trusted_browser",
                forgive=counts.name,
                browser_cookie=cookie or None,
                next_path=next_path,
            )
        token, pending = second_step.wait_for_code(user, next_path)
    second_step.send_code(pending, user)
    return CodeNeeded(token)


def _hold(user: User, judged: str | None) -> bool:
    """Re-read the user and hold the row; False where the password that was judged is not theirs any more.

    Their account is read after that, and in a statement of its own: so it is as new as the row.
    """
    session = db.session()
    session.scalars(_HOLD, {"user": user.id}).one()
    if user.account_id is not None:
        # Said, since the row was read anew: it would be looked for once more.
        set_committed_value(user, "account", session.scalars(_ACCOUNT, {"account": user.account_id}).one())
    return user.removed_at is None and user.password_hash is not None and user.password_hash == judged


_HOLD = (
    select(User)
    .where(User.id == bindparam("user"))
    .with_for_update(key_share=True, of=User)
    .execution_options(populate_existing=True)
)
_ACCOUNT = select(Account).where(Account.id == bindparam("account")).execution_options(populate_existing=True)


def needs_second_step(user: User) -> bool:
    """Support always; a member when the account has two-factor authentication on."""
    return user.is_support or (user.account is not None and user.account.two_factor_on)


def find_user(email: str) -> User | None:
    """Whoever has this address, removed people aside; with their account, as they are now.

    Someone who has not followed their invitation is found, too, and has no password yet.
    """
    return db.session.scalars(_BY_EMAIL, {"address": email}).first()


_BY_EMAIL = (
    select(User)
    .where(User.email == bindparam("address"), User.removed_at.is_(None))
    .options(joinedload(User.account))
    .execution_options(populate_existing=True)
)


def canonical_email(email: str) -> str:
    # PostgreSQL takes no NUL, and no address has one.
    return email.replace("\0", "\ufffd").strip().lower()[:320]


def _rehash(user: User, password: str, place: hashing.Place) -> str | None:
    """Bring an old hash up to the cost now set, while the password is at hand, by the place in the line that is held
    already. Returns the hash to go on with."""
    judged = user.password_hash
    if judged is None or not passwords.needs_rehash(judged):
        return judged
    try:
        with place.turn():
            fresh = passwords.hash_password(password)
    except hashing.Busy:  # there will be another sign-in
        return judged
    with write():
        kept = changed(
            update(User).where(User.id == user.id, User.password_hash == judged).values(password_hash=fresh)
        )
    return fresh if kept else judged


def sign_out(signed_in: SignedIn) -> None:
    with write():
        sessions.end(signed_in.session, "signed out")
        record(Event.SIGNED_OUT, account=signed_in.user.account, actor=signed_in.user)
