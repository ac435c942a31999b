"""Signing in: the one way by which a session begins, whoever the person is.

Password first, then the second step: a trusted browser, or a code, or (account without two-factor) nothing. Between the
two there is a PendingSignIn and no session. An unknown address, a wrong password and a removed user are one answer that
takes the same time.

Whoever guesses passwords waits, longer with every failure (services/sign_in_counts.py).
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from config import settings
from extensions import db
from models.account import Account
from models.challenge import Challenge
from models.login_session import PendingSignIn
from models.trusted_browser import TrustedBrowser
from models.user import User
from services import (
    codes,
    delays,
    hashing,
    limits,
    links,
    notices,
    passwords,
    sessions,
    sign_in_counts,
    trusted_browsers,
)
from services.audit import Event, record
from services.clock import now
from services.codes import Verdict
from services.hashing import Kind
from services.origin import acts, current_origin
from services.sessions import SignedIn
from services.tokens import new_token, token_hash
from services.unit_of_work import changed, write

#: So many wrong passwords before a sign-in are told with it.
_MANY = 5


@dataclass(frozen=True)
class Refused:
    """The address or the password is wrong; which, nobody learns."""


@dataclass(frozen=True)
class CodeNeeded:
    """The password was right. ``token`` goes into the cookie and opens nothing but the code page."""

    token: str


@dataclass(frozen=True)
class Completed:
    """Signed in. ``browser_cookie`` is the trusted-browser cookie to set, None to leave it alone."""

    signed_in: SignedIn
    browser_cookie: str | None
    next_path: str = ""


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
    judged = _rehash(user, asked.password)
    with write():
        # Judging took a while: what was shut meanwhile (another password, removal) stays shut.
        if not _hold(user, judged):
            return Refused()
        counts.give_back(counted)
        if not needs_second_step(user):
            return _complete(
                user, second_step="off", forgive=counts.name, browser_cookie=None, next_path=next_path
            )
        cookie = trusted_browsers.used(browser, asked.browser_cookie) if browser is not None else None
        if cookie is not None:
            return _complete(
                user,
                second_step="trusted_browser",
                forgive=counts.name,
                browser_cookie=cookie or None,
                next_path=next_path,
            )
        token, pending = _wait_for_code(user, next_path)
    _send_code(pending, user)
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


def _rehash(user: User, password: str) -> str | None:
    """Bring an old hash up to the cost now set, while the password is at hand. Returns the hash to go on with."""
    judged = user.password_hash
    if judged is None or not passwords.needs_rehash(judged):
        return judged
    try:
        fresh = passwords.hash_password(password)
    except hashing.Busy:  # there will be another sign-in
        return judged
    with write():
        kept = changed(
            update(User).where(User.id == user.id, User.password_hash == judged).values(password_hash=fresh)
        )
    return fresh if kept else judged


def _complete(
    user: User, *, second_step: str, forgive: str, browser_cookie: str | None, next_path: str
) -> Completed:
    """``forgive``: whose failures end with this sign-in; only the whole one ends them."""
    with write():
        _tell(user, second_step)
        delays.forget("sign_in_user", forgive)
        signed_in = sessions.start(user, second_step=second_step)
        record(Event.SIGN_IN_COMPLETED, account=user.account, actor=user, second_step=_IN_WORDS[second_step])
    return Completed(signed_in, browser_cookie, next_path)


def _tell(user: User, second_step: str) -> None:
    """One mail for what is unusual about a sign-in (ASVS 6.3.5), before anything of it is written."""
    failures = delays.failures("sign_in_user", sign_in_counts.by_name(user.email))
    last = user.last_signed_in_at
    # A code was entered, so no trusted browser was here. Support are never remembered, nor is anybody without
    # two-factor: there what they signed in with in the last 30 days tells whether this is new. Nothing remembers a
    # browser for longer, so a first sign-in after a long rest is told as a new browser, too.
    looks_back = user.is_support or second_step == "off"
    is_new = second_step == "code" if not looks_back else last is not None and not sessions.began_here(user)
    if is_new:
        notices.new_browser(user, with_code=second_step == "code", failures=failures)
    elif failures >= _MANY:
        notices.unusual_sign_in(user, failures=failures)


_IN_WORDS = {
    "off": "password",
    "trusted_browser": "password, trusted browser",
    "code": "password and code",
}


# --- the second step


def _wait_for_code(user: User, next_path: str) -> tuple[str, PendingSignIn]:
    """A pending sign-in, and its cookie's token."""
    token = new_token()
    moment = now()
    origin = current_origin()
    with write() as session:
        pending = PendingSignIn(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=moment,
            # Long enough for a second text; every text still has its own, shorter life.
            expires_at=moment + timedelta(seconds=3 * settings().code_lifetime),
            next_path=next_path,
            address=origin.address,
            user_agent=origin.user_agent,
        )
        session.add(pending)
        session.flush()
        if user.mobile_number is None:
            record(
                Event.SIGN_IN_BLOCKED, account=user.account, actor=user, outcome="failure",
                why="there is no mobile number to send a code to",
            )  # fmt: skip
    return token, pending


def _send_code(pending: PendingSignIn, user: User) -> None:
    """Where a code may be sent. In a transaction of its own: the pending sign-in stays when none may."""
    try:
        _open(pending, user)
    except (limits.LimitExceeded, codes.TooSoon):
        pass  # the code page offers to ask for a text, and tells the wait when it is pressed too early


def _open(pending: PendingSignIn, user: User) -> Challenge | None:
    if user.mobile_number is None:
        return None
    return codes.open_challenge(user, purpose=codes.LOGIN, destination=user.mobile_number, belongs_to=pending)


def find_pending(token: str) -> PendingSignIn | None:
    """The sign-in that waits for a code under this cookie, with its user and account."""
    if not token:
        return None
    return db.session.scalars(
        select(PendingSignIn)
        .join(PendingSignIn.user)
        .where(
            PendingSignIn.token_hash == token_hash(token),
            PendingSignIn.ended_at.is_(None),
            PendingSignIn.expires_at > now(),
            User.removed_at.is_(None),
        )
        .options(joinedload(PendingSignIn.user).joinedload(User.account))
        .execution_options(populate_existing=True)
    ).first()


def challenge_of(pending: PendingSignIn) -> Challenge | None:
    """The newest code sent for this sign-in, live or not."""
    return db.session.scalars(
        select(Challenge)
        .where(Challenge.pending_sign_in_id == pending.id)
        .order_by(Challenge.id.desc())
        .limit(1)
    ).first()


def enter_code(
    pending: PendingSignIn, code: str, *, shared_computer: bool, browser_cookie: str
) -> Verdict | Completed:
    """Judge a guess; the right one ends the pending sign-in and begins the session, in one transaction."""
    challenge = challenge_of(pending)
    if challenge is None:
        return codes.unanswerable(pending.user)
    user = pending.user
    with write():
        verdict = codes.check(challenge, code, user=user, belongs_to=pending, purpose=codes.LOGIN, scope="")
        if not verdict.is_right:
            return verdict
        ended = changed(
            update(PendingSignIn)
            .where(
                PendingSignIn.id == pending.id,
                PendingSignIn.ended_at.is_(None),
                PendingSignIn.expires_at > now(),
            )
            .values(ended_at=now())
        )
        if ended != 1:
            return Verdict(codes.Outcome.DEAD)
        cookie = None
        if not shared_computer and not user.is_support:
            cookie = trusted_browsers.trust(user, browser_cookie)
            record(Event.BROWSER_TRUSTED, account=user.account, actor=user)
        return _complete(
            user,
            second_step="code",
            forgive=sign_in_counts.by_name(user.email),
            browser_cookie=cookie,
            next_path=pending.next_path,
        )


def resend(pending: PendingSignIn) -> None:
    """Raises codes.TooSoon, codes.NoMoreTexts, limits.LimitExceeded."""
    challenge = challenge_of(pending)
    if challenge is None or challenge.destination != pending.user.mobile_number:
        _open(pending, pending.user)
    else:
        codes.resend(challenge, pending.user)


def call(pending: PendingSignIn) -> None:
    """Raises codes.NoCall, codes.TooSoon, limits.LimitExceeded."""
    challenge = challenge_of(pending)
    if challenge is None:
        raise codes.NoCall
    codes.call(challenge, pending.user)


def cancel(pending: PendingSignIn) -> None:
    """Back to the start: the code dies with the pending sign-in."""
    challenge = challenge_of(pending)
    with write():
        if challenge is not None:
            codes.close(challenge, "cancelled")
        changed(
            update(PendingSignIn)
            .where(PendingSignIn.id == pending.id, PendingSignIn.ended_at.is_(None))
            .values(ended_at=now())
        )


def sign_out(signed_in: SignedIn) -> None:
    with write():
        sessions.end(signed_in.session, "signed out")
        record(Event.SIGNED_OUT, account=signed_in.user.account, actor=signed_in.user)
