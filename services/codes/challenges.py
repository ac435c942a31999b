"""Challenges: opened once, sent as often as allowed, closed without an answer."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, select, update

from config import settings
from extensions import db
from models.account import Account
from models.challenge import Challenge
from models.login_session import LoginSession, PendingSignIn
from models.message import Message
from models.user import User
from services import risk, sending
from services.audit import Event, record
from services.clock import now, seconds_until
from services.codes.purposes import CONFIRM_MOBILE, needs_old_sim, purpose_in_words
from services.numbers import masked
from services.outbox import queue_sms
from services.unit_of_work import changed, write

#: What ``hold`` reads: code_paused_until, codes_stopped_at, mobile_number, mobile_confirmed_at, password_changed_at.
Held = Row[datetime | None, datetime | None, str | None, datetime | None, datetime | None]


#: Seconds: whoever binds the number again is a person.
_STOPPED_RETRY = 3600


class TooSoon(Exception):
    """Another text was asked for before the wait was over; ``retry_after`` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class CodesStopped(TooSoon):
    """So many wrong codes that none is sent or judged until the number was bound again."""

    def __init__(self) -> None:
        super().__init__(_STOPPED_RETRY)


class NotYet(TooSoon):
    """Texts of other questions to this phone were not answered; the next goes when the wait is over."""


class NoMoreTexts(Exception):
    """This challenge has been sent as often as it may be."""


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
    codes are paused or earlier texts to this phone were not answered (services/sending/waits.py).
    """
    with write():
        held = hold_for(user, purpose, destination)
        live = _live(user, purpose, scope, destination, belongs_to)
        if live is not None:
            return live
        wait = sending.unanswered(user.id, destination).wait()
        if wait:
            raise NotYet(wait)
        return _create(user, held, purpose, scope, destination, belongs_to, wording, typed)


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
            owned_by(belongs_to),
            Challenge.spent_at.is_(None),
            Challenge.expires_at > now(),
            Challenge.attempts < settings().code_attempts,
        )
        .order_by(Challenge.id.desc())
        .limit(1)
    ).first()


def owned_by(belongs_to: PendingSignIn | LoginSession) -> ColumnElement[bool]:
    """The clause that a challenge belongs to this session, or to this sign-in."""
    if isinstance(belongs_to, PendingSignIn):
        return Challenge.pending_sign_in_id == belongs_to.id
    return Challenge.login_session_id == belongs_to.id


def _create(
    user: User,
    held: Held,
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
        country=sending.country_of(destination),
        prefix=sending.prefix_of(destination),
        proved=held.mobile_number == destination and held.mobile_confirmed_at is not None,
        nonce=secrets.token_bytes(16),
        created_at=moment,
        expires_at=moment + timedelta(seconds=settings().code_lifetime),
        attempts=0,
        sends=0,
    )
    db.session.add(challenge)
    db.session.flush()
    _send(challenge, user, held, wording)
    return challenge


def _send(challenge: Challenge, user: User, held: Held, wording: str) -> None:
    sending.count(
        sending.Code(
            user.id, user.account_id, challenge.destination, challenge.proved, held.password_changed_at
        )
    )
    promise(queue_sms, Event.CODE_SENT, challenge, user, wording)


def promise(
    queue: Callable[..., Message], event: Event, challenge: Challenge, user: User, wording: str
) -> None:
    """Promise its code by text or by call (``queue``). Inside write(), and once it was counted."""
    challenge.sends += 1
    challenge.last_sent_at = now()
    queue(
        "code",
        to=challenge.destination,
        user=user,
        challenge=challenge,
        expires_at=challenge.expires_at,
        wording=wording,
    )
    record(
        event,
        account=account_of(user),
        actor=user,
        purpose=purpose_in_words(challenge.purpose),
        number=masked(challenge.destination),
    )


def resend(challenge: Challenge, user: User, *, wording: str = "") -> Challenge:
    """Send the same code again, or open a fresh challenge where this one can no longer be answered.

    Returns the challenge that is now live. A fresh one does not forgive the user's wrong codes. Raises TooSoon,
    NoMoreTexts, limits.LimitExceeded.
    """
    with write():
        held = hold_for(user, challenge.purpose, challenge.destination)
        current = locked(challenge)
        wait = seconds_until_resend(current)
        if wait > 0:
            raise TooSoon(wait)
        if is_live(current):
            if current.sends >= settings().code_sends:
                raise NoMoreTexts
            _send(current, user, held, wording)
            return current
        belongs_to = _owner_of(current)
        return _live(user, current.purpose, current.scope, current.destination, belongs_to) or _create(
            user,
            held,
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
    """Whole seconds before another text may be asked for; it doubles from the third text on. 0: now.

    Texts of other questions to the same phone count, too: many sign-ins do not ring it more often than one.
    """
    own = sending.wait_after(challenge.sends, challenge.last_sent_at)
    return max(own, sending.unanswered(challenge.user_id, challenge.destination).wait())


def is_live(challenge: Challenge) -> bool:
    """Whether it can still be answered."""
    return (
        challenge.spent_at is None
        and challenge.expires_at > now()
        and challenge.attempts < settings().code_attempts
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


def hold(user: User) -> Held:
    """Pause, number and password's age as they are now, held until the surrounding write() ends.

    So guesses at several challenges of one user are judged one after the other and none slips past a pause, two tabs
    never open two codes for one thing, and a change of number is over before or begins after a code is judged.
    """
    return db.session.execute(
        select(
            User.code_paused_until,
            User.codes_stopped_at,
            User.mobile_number,
            User.mobile_confirmed_at,
            User.password_changed_at,
        )
        .where(User.id == user.id)
        .with_for_update(key_share=True)
    ).one()


def hold_for(user: User, purpose: str, destination: str) -> Held:
    """``hold``, and what forbids any code for this to this number now: raises TooSoon, limits.LimitExceeded."""
    held = hold(user)
    _refuse_while_closed(held)
    _refuse_former_number(purpose, destination, held.mobile_number)
    if needs_old_sim(purpose):
        risk.refuse(user.id, destination)
    return held


def locked(challenge: Challenge) -> Challenge:
    """As it is now, held until the surrounding write() ends."""
    return db.session.execute(
        select(Challenge)
        .where(Challenge.id == challenge.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def _refuse_while_closed(held: Held) -> None:
    if held.codes_stopped_at is not None:
        raise CodesStopped
    left = seconds_until(held.code_paused_until)
    if left:
        raise TooSoon(left)


def _refuse_former_number(purpose: str, destination: str, held: str | None) -> None:
    """The number was changed a moment ago; who asks again gets the text on the new one."""
    if purpose != CONFIRM_MOBILE and destination != held:
        raise TooSoon(1)


def account_of(user: User) -> Account | None:
    return db.session.get(Account, user.account_id) if user.account_id is not None else None
