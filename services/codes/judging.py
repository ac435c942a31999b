"""Judging a guess: counted before it is compared, spent by one statement, added up over all challenges of a user."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, true, update

from config import settings
from extensions import db
from models.challenge import Challenge
from models.login_session import LoginSession, PendingSignIn
from models.user import User
from services.audit import Event, record
from services.clock import now
from services.codes.challenges import account_of, hold, owned_by, seconds_until
from services.codes.derive import clean, code_for
from services.codes.purposes import CONFIRM_MOBILE, STEP_UP, purpose_in_words
from services.numbers import masked
from services.unit_of_work import changed, write

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


def unanswerable(user: User) -> Verdict:
    """The verdict where there is no challenge to answer: no text could be sent."""
    pause = seconds_until(db.session.scalar(select(User.code_paused_until).where(User.id == user.id)))
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
        pause = seconds_until(held.code_paused_until)
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
                owned_by(belongs_to),
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
        account=account_of(user),
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
            account=account_of(user),
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
        account=account_of(user),
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
            Event.NUMBER_CONFIRMED, account=account_of(user), actor=user, number=masked(challenge.destination)
        )
