"""Judging a guess: counted before it is compared, spent by one statement, added up over all challenges of a user.

Wrong codes in a row pause a user's codes (CODE_PAUSE), and CODE_FAILURES of them stop them until the number is bound
again (services/number_binding.py). Only who knows the password, or is signed in, gets to enter one. Source: NIST SP
800-63B-4 3.2.2 (at most 100 failures in a row); docs/decisions/0011-growing-delay.md.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, true, update

from config import parse_growth, settings
from extensions import db
from models.challenge import Challenge
from models.login_session import LoginSession, PendingSignIn
from models.user import User
from services import limits, notices
from services.audit import Event, record
from services.clock import now, seconds_until
from services.codes.challenges import account_of, hold, owned_by
from services.codes.derive import clean, code_for
from services.codes.purposes import CONFIRM_MOBILE, LOGIN, STEP_UP, purpose_in_words
from services.numbers import masked
from services.origin import current_origin
from services.unit_of_work import changed, write

_HOUR = 3600
#: So many wrong codes for one sign-in are told to whose password it was.
_TOLD_AFTER = 3


class Outcome(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    #: The guesses of this challenge are used up.
    EXHAUSTED = "exhausted"
    #: Too old, or already spent.
    DEAD = "dead"
    #: The user guessed wrong too often; nothing was compared.
    PAUSED = "paused"
    #: No code of this user is judged until their number is bound again.
    STOPPED = "stopped"


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
    stopped, until = db.session.execute(
        select(User.codes_stopped_at, User.code_paused_until).where(User.id == user.id)
    ).one()
    closed = _closed(stopped is not None, seconds_until(until))
    if closed is None:
        return Verdict(Outcome.DEAD)
    with write():
        _record_refusal(user, "user")
    return closed


def _closed(stopped: bool, pause: int) -> Verdict | None:
    if stopped:
        return Verdict(Outcome.STOPPED)
    return Verdict(Outcome.PAUSED, retry_after=pause) if pause else None


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
        closed = _closed(held.codes_stopped_at is not None, seconds_until(held.code_paused_until))
        if closed is not None:
            _record_refusal(user, "user")
            return closed
        shared = _shared_limits(user) if purpose == LOGIN else {}
        if shared:
            try:
                limits.hit_each(shared)
            except limits.LimitExceeded as limit:
                _refuse_shared(user, limit)
                return Verdict(Outcome.PAUSED, retry_after=limit.retry_after)
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
            _uncount(shared)
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
        _uncount(shared)
        if spent != 1:
            return Verdict(Outcome.DEAD)
        _right(challenge, user)
        return Verdict(Outcome.RIGHT, judged=True)


def _wrong(challenge: Challenge, user: User, attempts: int) -> Verdict:
    failures, paused_until = db.session.execute(
        update(User)
        .where(User.id == user.id)
        .values(code_failures=User.code_failures + 1)
        .returning(User.code_failures, User.code_paused_until)
        .execution_options(synchronize_session=False)
    ).one()
    words = purpose_in_words(challenge.purpose)
    record(
        Event.CODE_WRONG,
        account=account_of(user),
        actor=user,
        outcome="failure",
        purpose=words,
        attempt=attempts,
    )
    if failures >= settings().code_failures:
        _stop(user, failures)
    elif failures >= _failures_before_pause():
        _pause(user, failures, is_first=paused_until is None)
    # In a row, not at this one code: two guesses, a new sign-in and two more are the same story.
    if challenge.purpose == LOGIN and failures >= min(_TOLD_AFTER, settings().code_attempts):
        _tell_whose_password_it_was(user, failures)
    db.session.refresh(user, ["code_failures", "code_paused_until", "codes_stopped_at"])
    left = settings().code_attempts - attempts
    return Verdict(Outcome.WRONG if left > 0 else Outcome.EXHAUSTED, attempts_left=left, judged=True)


def _failures_before_pause() -> int:
    """Half as many while the whole site sees more wrong codes than LIMIT_WRONG_CODES_SITE: nobody is refused for what
    others do, but whoever guesses waits sooner."""
    usual = settings().code_failures_before_pause
    try:
        limits.hit_for_all("wrong_codes_site")
    except limits.LimitExceeded:
        return max(1, usual // 2)
    return usual


def _pause(user: User, failures: int, *, is_first: bool) -> None:
    first, longest = parse_growth(settings().code_pause)
    over = max(0, failures - settings().code_failures_before_pause)
    pause = min(longest, first << min(over, 20))
    changed(update(User).where(User.id == user.id).values(code_paused_until=now() + timedelta(seconds=pause)))
    record(
        Event.CODE_PAUSED,
        account=account_of(user),
        actor=user,
        outcome="failure",
        seconds=pause,
        failures=failures,
    )
    if is_first:  # told once for all pauses until a right code ends the row
        notices.codes_paused(user, failures=failures)


def _stop(user: User, failures: int) -> None:
    changed(update(User).where(User.id == user.id).values(codes_stopped_at=now(), code_paused_until=None))
    account = account_of(user)
    record(Event.CODES_STOPPED, account=account, actor=user, outcome="failure", failures=failures)
    notices.codes_stopped(user, account, failures=failures)


def _tell_whose_password_it_was(user: User, failures: int) -> None:
    """The right password and wrong codes: the password is somebody else's, too. Once an hour."""
    if limits.first_since("told_code_failed", user.id, _HOUR):
        notices.code_failed(user, failures=failures)


# --- what several users share: the network they come from, and their account


def _shared_limits(user: User) -> dict[str, object]:
    """Of sign-ins only. Who is signed in was let in by a code, and has the user's own count."""
    shared: dict[str, object] = {"wrong_codes_address": current_origin().network}
    if user.account_id is not None:
        shared["wrong_codes_account"] = user.account_id
    return shared


def _uncount(shared: dict[str, object]) -> None:
    """The guess was right, or was not compared."""
    if shared:
        limits.give_back_each(shared)


def _refuse_shared(user: User, limit: limits.LimitExceeded) -> None:
    """Codes to sign in are not looked at for a while. With the passwords of several people: their owner is told."""
    by_account = limit.name == "wrong_codes_account"
    account = account_of(user)
    if by_account and account is not None and limits.first_since("told_wrong_codes", account.id, _HOUR):
        notices.account_codes_paused(account)
    _record_refusal(user, "account" if by_account else "network")


def _record_refusal(user: User, limit: str) -> None:
    """Once an hour for each user: a flood of guesses must not become a flood of events."""
    if limits.first_since("refused_code", user.id, _HOUR):
        record(Event.CODE_REFUSED, account=account_of(user), actor=user, outcome="failure", limit=limit)


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
