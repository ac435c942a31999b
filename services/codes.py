"""The code engine. It knows of challenges, phones and guesses, and nothing of pages.

A code is never stored. It is derived from the challenge's nonce by a key that the database does not hold, so a copy of
the database tells no code, a repeated text carries the same one, and the sender renders it at the last moment.

Sources: NIST SP 800-63B-4 3.1.3 (out-of-band secrets: 6 digits or more, 10 minutes at most, used once);
OWASP ASVS 5.0 6.6.2 (bound to the request it was made for), 6.6.3 (guesses are limited), 6.5.1 (used once).
"""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Row, select, true, update

from config import settings
from extensions import db
from models.account import Account
from models.challenge import Challenge
from models.login_session import LoginSession, PendingSignIn
from models.user import User
from services import limits
from services.audit import Event, record
from services.clock import now
from services.keys import key
from services.numbers import masked
from services.outbox import queue_sms
from services.unit_of_work import changed, write

LOGIN = "login"
CONFIRM_MOBILE = "mobile.confirm"
STEP_UP = "step_up:"

CODE_DIGITS = 6
_CODES = 10**CODE_DIGITS
_FAIR = 2**32 - 2**32 % _CODES

#: Wrong codes in a row, over all challenges of a user, before a pause; the first pause; the longest.
FAILURES_BEFORE_PAUSE = 10
_FIRST_PAUSE = 30
_LONGEST_PAUSE = 3600


class Outcome(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    #: The guesses of this challenge are used up.
    EXHAUSTED = "exhausted"
    #: Too old, or already spent.
    DEAD = "dead"
    #: The user guessed wrong too often; nothing was compared.
    PAUSED = "paused"


@dataclass(frozen=True)
class Verdict:
    """What became of one guess. ``attempts_left`` for WRONG; ``retry_after`` in seconds for PAUSED."""

    outcome: Outcome
    attempts_left: int = 0
    retry_after: int = 0
    #: Whether this guess was compared; a guess at a dead challenge is not.
    judged: bool = False

    @property
    def is_right(self) -> bool:
        return self.outcome is Outcome.RIGHT


class TooSoon(Exception):
    """Another text was asked for before the wait was over; ``retry_after`` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class NoMoreTexts(Exception):
    """This challenge has been sent as often as it may be."""


def code_for(challenge: Challenge) -> str:
    """The six ASCII digits of a challenge; leading zeros are real."""
    for word in _words(challenge):
        if word < _FAIR:  # dropping the top keeps every code equally likely
            return f"{word % _CODES:0{CODE_DIGITS}d}"
    raise AssertionError("unreachable: _words never ends")


def _words(challenge: Challenge) -> Iterator[int]:
    parts = (challenge.public_id, challenge.purpose, challenge.destination)
    message = challenge.nonce + "\0".join(parts).encode()
    counter = 0
    while True:
        block = hmac.new(key("codes"), message + counter.to_bytes(4, "big"), hashlib.sha256).digest()
        yield from (int.from_bytes(block[at : at + 4], "big") for at in range(0, len(block), 4))
        counter += 1


def clean(entered: str) -> str:
    """What was typed, without the spaces, hyphens and dashes that people and phones put in."""
    text = unicodedata.normalize("NFKC", entered[:200])
    return "".join(
        ch for ch in text if not ch.isspace() and unicodedata.category(ch) != "Pd" and ch != "\u00ad"
    )


def open_challenge(
    user: User,
    *,
    purpose: str,
    destination: str,
    belongs_to: PendingSignIn | LoginSession,
    scope: str = "",
    wording: str = "",
    typed: str | None = None,
) -> Challenge:
    """The live challenge for exactly this, or a new one whose text is on its way.

    Asking twice sends nothing twice, so that two tabs, the Back button and a cross-site page cannot multiply texts.
    ``wording`` completes "to …" in the text of a step-up. Raises limits.LimitExceeded, and TooSoon while the user's
    codes are paused.
    """
    with write():
        held = hold(user)
        _refuse_while_paused(held.code_paused_until)
        _refuse_former_number(purpose, destination, held.mobile_number)
        live = _live(user, purpose, scope, destination, belongs_to)
        if live is not None:
            return live
        return _create(user, purpose, scope, destination, belongs_to, wording, typed)


def _live(
    user: User, purpose: str, scope: str, destination: str, belongs_to: PendingSignIn | LoginSession
) -> Challenge | None:
    return db.session.scalars(
        select(Challenge)
        .where(
            Challenge.user_id == user.id,
            Challenge.purpose == purpose,
            Challenge.scope == scope,
            Challenge.destination == destination,
            _owned_by(belongs_to),
            Challenge.spent_at.is_(None),
            Challenge.expires_at > now(),
            Challenge.attempts < settings().code_attempts,
        )
        .order_by(Challenge.id.desc())
        .limit(1)
    ).first()


def _owned_by(belongs_to: PendingSignIn | LoginSession) -> ColumnElement[bool]:
    if isinstance(belongs_to, PendingSignIn):
        return Challenge.pending_sign_in_id == belongs_to.id
    return Challenge.login_session_id == belongs_to.id


def _create(
    user: User,
    purpose: str,
    scope: str,
    destination: str,
    belongs_to: PendingSignIn | LoginSession,
    wording: str,
    typed: str | None,
) -> Challenge:
    moment = now()
    pending = isinstance(belongs_to, PendingSignIn)
    challenge = Challenge(
        user_id=user.id,
        pending_sign_in_id=belongs_to.id if pending else None,
        login_session_id=None if pending else belongs_to.id,
        purpose=purpose,
        scope=scope,
        destination=destination,
        destination_typed=typed,
        nonce=secrets.token_bytes(16),
        created_at=moment,
        expires_at=moment + timedelta(seconds=settings().code_lifetime),
        attempts=0,
        sends=0,
    )
    db.session.add(challenge)
    db.session.flush()
    _send(challenge, user, wording)
    return challenge


def _send(challenge: Challenge, user: User, wording: str) -> None:
    limits.hit("sms_user", user.id)
    # Who types a stranger's number as their own must not use up what that stranger needs for signing in.
    limits.hit(
        "sms_new_number" if challenge.purpose == CONFIRM_MOBILE else "sms_number", challenge.destination
    )
    if user.account_id is not None:
        limits.hit("sms_account", user.account_id)
    limits.hit_for_all("sms_site")
    challenge.sends += 1
    challenge.last_sent_at = now()
    queue_sms(
        "code",
        to=challenge.destination,
        user=user,
        challenge=challenge,
        expires_at=challenge.expires_at,
        wording=wording,
    )
    record(
        Event.CODE_SENT,
        account=_account(user),
        actor=user,
        purpose=purpose_in_words(challenge.purpose),
        number=masked(challenge.destination),
    )


def resend(challenge: Challenge, user: User, *, wording: str = "") -> Challenge:
    """Send the same code again, or open a fresh challenge where this one can no longer be answered.

    Returns the challenge that is now live. A fresh one does not forgive the user's wrong codes. Raises TooSoon,
    NoMoreTexts, limits.LimitExceeded.
    """
    with write() as session:
        held = hold(user)
        _refuse_while_paused(held.code_paused_until)
        _refuse_former_number(challenge.purpose, challenge.destination, held.mobile_number)
        current = session.execute(
            select(Challenge)
            .where(Challenge.id == challenge.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one()
        wait = seconds_until_resend(current)
        if wait > 0:
            raise TooSoon(wait)
        if is_live(current):
            if current.sends >= settings().code_sends:
                raise NoMoreTexts
            _send(current, user, wording)
            return current
        belongs_to = _owner_of(current)
        return _live(user, current.purpose, current.scope, current.destination, belongs_to) or _create(
            user,
            current.purpose,
            current.scope,
            current.destination,
            belongs_to,
            wording,
            current.destination_typed,
        )


def _owner_of(challenge: Challenge) -> PendingSignIn | LoginSession:
    owner: PendingSignIn | LoginSession | None
    if challenge.pending_sign_in_id is not None:
        owner = db.session.get(PendingSignIn, challenge.pending_sign_in_id)
    else:
        owner = db.session.get(LoginSession, challenge.login_session_id)
    if owner is None:
        raise LookupError("a challenge without a session")
    return owner


def seconds_until_resend(challenge: Challenge) -> int:
    """Whole seconds before another text may be asked for; it doubles from the third text on. 0: now."""
    if challenge.last_sent_at is None:
        return 0
    wait = settings().resend_after * 2 ** max(0, challenge.sends - 2)
    left = (challenge.last_sent_at - now()).total_seconds() + min(wait, settings().code_lifetime)
    return max(0, int(left + 0.999))


def is_live(challenge: Challenge) -> bool:
    """Whether it can still be answered."""
    return (
        challenge.spent_at is None
        and challenge.expires_at > now()
        and challenge.attempts < settings().code_attempts
    )


def unanswerable(user: User) -> Verdict:
    """The verdict where there is no challenge to answer: no text could be sent."""
    pause = _seconds_until(db.session.scalar(select(User.code_paused_until).where(User.id == user.id)))
    return Verdict(Outcome.PAUSED, retry_after=pause) if pause else Verdict(Outcome.DEAD)


def check(
    challenge: Challenge,
    entered: str,
    *,
    user: User,
    belongs_to: PendingSignIn | LoginSession,
    purpose: str,
    scope: str,
) -> Verdict:
    """Judge one guess, once.

    The attempt is counted by one statement *before* the comparison, and the code is spent by another: of fifty
    parallel posts five are judged and at most one is right. The challenge must fit user, session, purpose, scope and
    the number of the user as it is now; the caller's effect belongs into the same ``write()``.
    """
    with write() as session:
        held = hold(user)
        pause = _seconds_until(held.code_paused_until)
        if pause:
            return Verdict(Outcome.PAUSED, retry_after=pause)
        moment = now()
        # A code that went to a number which is not theirs any more proves nothing about them.
        fits_number = true() if purpose == CONFIRM_MOBILE else Challenge.destination == held.mobile_number
        attempts = session.execute(
            update(Challenge)
            .where(
                Challenge.id == challenge.id,
                Challenge.user_id == user.id,
                Challenge.purpose == purpose,
                Challenge.scope == scope,
                _owned_by(belongs_to),
                fits_number,
                Challenge.spent_at.is_(None),
                Challenge.expires_at > moment,
                Challenge.attempts < settings().code_attempts,
            )
            .values(attempts=Challenge.attempts + 1)
            .returning(Challenge.attempts)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        session.refresh(challenge)
        if attempts is None:
            used_up = challenge.spent_at is None and challenge.attempts >= settings().code_attempts
            used_up = used_up and challenge.expires_at > moment
            return Verdict(Outcome.EXHAUSTED if used_up else Outcome.DEAD)
        if not hmac.compare_digest(code_for(challenge).encode(), clean(entered).encode()):
            return _wrong(challenge, user, attempts)
        spent = changed(
            update(Challenge)
            .where(Challenge.id == challenge.id, Challenge.spent_at.is_(None))
            .values(spent_at=moment, outcome="verified")
        )
        if spent != 1:
            return Verdict(Outcome.DEAD)
        _right(challenge, user)
        return Verdict(Outcome.RIGHT, judged=True)


def _wrong(challenge: Challenge, user: User, attempts: int) -> Verdict:
    failures = db.session.execute(
        update(User)
        .where(User.id == user.id)
        .values(code_failures=User.code_failures + 1)
        .returning(User.code_failures)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    words = purpose_in_words(challenge.purpose)
    record(
        Event.CODE_WRONG,
        account=_account(user),
        actor=user,
        outcome="failure",
        purpose=words,
        attempt=attempts,
    )
    if failures >= FAILURES_BEFORE_PAUSE:
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(failures - FAILURES_BEFORE_PAUSE, 12))
        changed(
            update(User).where(User.id == user.id).values(code_paused_until=now() + timedelta(seconds=pause))
        )
        record(
            Event.CODE_PAUSED,
            account=_account(user),
            actor=user,
            outcome="failure",
            seconds=pause,
            failures=failures,
        )
    db.session.refresh(user, ["code_failures", "code_paused_until"])
    left = settings().code_attempts - attempts
    return Verdict(Outcome.WRONG if left > 0 else Outcome.EXHAUSTED, attempts_left=left, judged=True)


def _right(challenge: Challenge, user: User) -> None:
    """A completed verification is the only thing that forgives wrong codes. It also proves the number it went to."""
    moment = now()
    changed(update(User).where(User.id == user.id).values(code_failures=0, code_paused_until=None))
    record(
        Event.CODE_RIGHT,
        account=_account(user),
        actor=user,
        purpose=purpose_in_words(challenge.purpose),
        scope=challenge.scope if challenge.purpose.startswith(STEP_UP) else "",
    )
    confirmed = changed(
        update(User)
        .where(
            User.id == user.id,
            User.mobile_number == challenge.destination,
            User.mobile_confirmed_at.is_(None),
        )
        .values(mobile_confirmed_at=moment)
    )
    db.session.refresh(user)
    db.session.refresh(challenge)
    if confirmed:
        record(
            Event.NUMBER_CONFIRMED, account=_account(user), actor=user, number=masked(challenge.destination)
        )


def close(challenge: Challenge, outcome: str) -> None:
    """End a challenge without an answer: cancelled, or made moot."""
    with write() as session:
        changed(
            update(Challenge)
            .where(Challenge.id == challenge.id, Challenge.spent_at.is_(None))
            .values(spent_at=now(), outcome=outcome)
        )
        session.refresh(challenge)


def close_all(user: User, outcome: str) -> None:
    """End every open challenge of a user: their number, password or rights changed."""
    with write():
        changed(
            update(Challenge)
            .where(Challenge.user_id == user.id, Challenge.spent_at.is_(None))
            .values(spent_at=now(), outcome=outcome)
        )


def purpose_in_words(purpose: str) -> str:
    """What a code is for, as it stands in the log after "to"."""
    action = purpose.removeprefix(STEP_UP)
    return {
        LOGIN: "sign in",
        CONFIRM_MOBILE: "confirm a mobile number",
        "activity.download": "download the activity log",
        "contacts.export": "export contacts",
        "contacts.refused_rows": "download the refused rows of an import",
        "mobile.change": "change their own mobile number",
        "mobile.set_for_users": "change mobile numbers of users",
        "ownership.accept": "become the account owner",
        "ownership.offer": "offer the account to someone",
        "support.two_factor.disable": "turn two-factor authentication off",
        "users.add": "add a user",
        "users.change": "change a user",
        "users.remove": "remove a user",
    }.get(action, action.replace(".", " ").replace("_", " "))


def hold(user: User) -> Row[datetime | None, str | None]:
    """Pause and number as they are now, held until the surrounding write() ends.

    So guesses at several challenges of one user are judged one after the other and none slips past a pause, two tabs
    never open two codes for one thing, and a change of number is over before or begins after a code is judged.
    """
    return db.session.execute(
        select(User.code_paused_until, User.mobile_number)
        .where(User.id == user.id)
        .with_for_update(key_share=True)
    ).one()


def _refuse_while_paused(until: datetime | None) -> None:
    left = _seconds_until(until)
    if left:
        raise TooSoon(left)


def _refuse_former_number(purpose: str, destination: str, held: str | None) -> None:
    """The number was changed a moment ago; who asks again gets the text on the new one."""
    if purpose != CONFIRM_MOBILE and destination != held:
        raise TooSoon(1)


def _seconds_until(until: datetime | None) -> int:
    """Whole seconds, 0 when it is past or there is nothing to wait for."""
    if until is None or until <= now():
        return 0
    return int((until - now()).total_seconds()) + 1


def _account(user: User) -> Account | None:
    return db.session.get(Account, user.account_id) if user.account_id is not None else None
