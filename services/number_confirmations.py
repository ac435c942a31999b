"""Proving a new number: a code sent to it must come back in the session that wants it.

What the person was saving waits, sealed, in a row; the right code finishes it. The code's challenge, once verified, is
itself the proof "this number was confirmed in this session" (``proved_here``): it cannot be written in any other way.
"""

from datetime import timedelta

from sqlalchemy import select, update

from config import settings
from extensions import db
from models.account import Account
from models.challenge import Challenge
from models.number_confirmation import NumberConfirmation
from models.user import User
from services import codes, limits, seal, step_up
from services.clock import now
from services.codes import CONFIRM_MOBILE, Verdict
from services.numbers import MobileNumber
from services.sessions import SignedIn
from services.unit_of_work import changed, write
from services.wording import approvals

#: The step-up that proves the old number.
CHANGE_OWN = "mobile.change"
ACCOUNT = "account"
PROFILE = "profile"


def begin(me: SignedIn, kind: str, number: MobileNumber, fields: dict[str, list[str]]) -> NumberConfirmation:
    """Keep a save. Belongs into the write() that found the code needed, with account and user locked; ``send`` follows.

    Where two-factor is on, another number than the one on record needs a code from the old phone, and uses it up:
    raises step_up.StepUpFirst. A save that repeats one which waits needs none, and is as old as that one.
    """
    older = _standing(me, kind)
    alike = next((one for one in older if _is_proved_for(me, one, number.e164)), None)
    changes = me.account.two_factor_on and number.e164 != me.user.mobile_number
    if changes and alike is None:
        scope = step_up.exactly(me.user.public_id, me.user.mobile_number, number.e164)
        step_up.spend(me, CHANGE_OWN, scope, approvals.change_own_number(number.e164))
    _give_up(older, number.e164)
    waiting = NumberConfirmation(
        login_session_id=me.session.id,
        user_id=me.user.id,
        kind=kind,
        number=number.e164,
        number_typed=number.typed,
        proved_number=me.user.mobile_number if changes else None,
        fields=seal.seal(fields, seal.WAITING_NUMBER),
        created_at=alike.created_at if alike else now(),
    )
    db.session.add(waiting)
    db.session.flush()
    return waiting


def send(me: SignedIn, waiting: NumberConfirmation) -> None:
    """The code to the new number; asking again for the same number sends nothing again.

    When no text may be sent (a limit, a pause), the save waits without a challenge and its page says why.
    """
    try:
        _send(me, waiting)
    except (limits.LimitExceeded, codes.TooSoon):
        pass  # the page offers to ask for a text, and tells the wait when it is pressed too early


def old_number_is_unproved(me: SignedIn, account: Account, waiting: NumberConfirmation) -> bool:
    """Whether finishing would change a number that guards the account now and was not proved when the save began.

    Two-factor went on meanwhile. That the number was changed meanwhile ends every save that waits (``end_all``).
    """
    old = me.user.mobile_number
    return account.two_factor_on and old not in {None, waiting.number, waiting.proved_number}


def end_all(user: User) -> None:
    """The number was changed: what waits to change the old one waits in vain. Inside the caller's write()."""
    changed(
        update(NumberConfirmation)
        .where(NumberConfirmation.user_id == user.id, NumberConfirmation.ended_at.is_(None))
        .values(ended_at=now())
    )


def _is_proved_for(me: SignedIn, waiting: NumberConfirmation, number: str) -> bool:
    proved = waiting.proved_number is not None and waiting.proved_number == me.user.mobile_number
    return proved and waiting.number == number and waiting.created_at > now() - _lifetime()


def _lifetime() -> timedelta:
    """Long enough for a second text; every text still has its own, shorter life."""
    return timedelta(seconds=3 * settings().code_lifetime)


def _standing(me: SignedIn, kind: str) -> list[NumberConfirmation]:
    return list(
        db.session.scalars(
            select(NumberConfirmation)
            .where(
                NumberConfirmation.login_session_id == me.session.id,
                NumberConfirmation.kind == kind,
                NumberConfirmation.ended_at.is_(None),
            )
            .execution_options(populate_existing=True)
        )
    )


def _give_up(older: list[NumberConfirmation], number: str) -> None:
    """A newer save takes the place of an older one; the code to a number that was mistyped dies."""
    for waiting in older:
        waiting.ended_at = now()
        challenge = challenge_of(waiting)
        if challenge is not None and waiting.number != number:
            codes.close(challenge, "given up")


def _send(me: SignedIn, waiting: NumberConfirmation) -> None:
    with write() as session:
        challenge = codes.open_challenge(
            me.user,
            purpose=CONFIRM_MOBILE,
            scope=me.user.public_id,
            destination=waiting.number,
            belongs_to=me.session,
            typed=waiting.number_typed,
        )
        waiting.challenge_id = challenge.id
        session.add(waiting)


def find(me: SignedIn, kind: str, public_id: str | None) -> NumberConfirmation | None:
    """The save of this session that waits for its code: the named one, else the newest."""
    statement = select(NumberConfirmation).where(
        NumberConfirmation.login_session_id == me.session.id,
        NumberConfirmation.kind == kind,
        NumberConfirmation.ended_at.is_(None),
        NumberConfirmation.created_at > now() - _lifetime(),
    )
    if public_id:
        statement = statement.where(NumberConfirmation.public_id == public_id)
    return db.session.scalars(statement.order_by(NumberConfirmation.id.desc()).limit(1)).first()


def draft(me: SignedIn, kind: str, public_id: str) -> dict[str, list[str]]:
    """What was typed before a save of this session was cancelled, to be shown in the form again; empty for none."""
    if not public_id:
        return {}
    waiting = db.session.scalars(
        select(NumberConfirmation).where(
            NumberConfirmation.login_session_id == me.session.id,
            NumberConfirmation.kind == kind,
            NumberConfirmation.public_id == public_id,
        )
    ).one_or_none()
    return kept_fields(waiting) if waiting is not None else {}


def challenge_of(waiting: NumberConfirmation) -> Challenge | None:
    return db.session.get(Challenge, waiting.challenge_id) if waiting.challenge_id else None


def kept_fields(waiting: NumberConfirmation) -> dict[str, list[str]]:
    """What was typed into the form; empty where it cannot be read."""
    return seal.unseal(waiting.fields, seal.WAITING_NUMBER) or {}


def number_of(waiting: NumberConfirmation) -> MobileNumber:
    return MobileNumber(waiting.number, waiting.number_typed, "")


def check(me: SignedIn, waiting: NumberConfirmation, code: str) -> Verdict:
    """Judge a guess; the right one ends the waiting. What it allows belongs into the caller's write()."""
    challenge = challenge_of(waiting)
    if challenge is None:
        return codes.unanswerable(me.user)
    with write() as session:
        verdict = codes.check(
            challenge,
            code,
            user=me.user,
            belongs_to=me.session,
            purpose=CONFIRM_MOBILE,
            scope=me.user.public_id,
        )
        if verdict.is_right and not _end(waiting):
            return Verdict(codes.Outcome.DEAD)
        session.refresh(waiting)
        return verdict


def _end(waiting: NumberConfirmation) -> bool:
    """True for exactly one caller."""
    with write():
        ended = changed(
            update(NumberConfirmation)
            .where(NumberConfirmation.id == waiting.id, NumberConfirmation.ended_at.is_(None))
            .values(ended_at=now())
        )
        return ended == 1


def resend(me: SignedIn, waiting: NumberConfirmation) -> None:
    """Raises codes.TooSoon, codes.NoMoreTexts (also where nothing waits any more), limits.LimitExceeded."""
    with write() as session:
        codes.hold(me.user)
        session.refresh(waiting)
        if waiting.ended_at is not None:
            raise codes.NoMoreTexts
        challenge = challenge_of(waiting)
        if challenge is None:
            _send(me, waiting)
            return
        waiting.challenge_id = codes.resend(challenge, me.user).id
        session.add(waiting)


def call(me: SignedIn, waiting: NumberConfirmation) -> None:
    """Raises codes.NoCall (also where nothing waits any more), codes.TooSoon, limits.LimitExceeded."""
    with write() as session:
        codes.hold(me.user)
        session.refresh(waiting)
        challenge = challenge_of(waiting)
        if waiting.ended_at is not None or challenge is None:
            raise codes.NoCall
        codes.call(challenge, me.user)


def cancel(waiting: NumberConfirmation) -> None:
    """Forget it: the code dies, nothing is saved."""
    challenge = challenge_of(waiting)
    with write():
        if challenge is not None:
            codes.close(challenge, "cancelled")
        _end(waiting)


def proved_here(me: SignedIn, number: str) -> bool:
    """Whether a code sent to ``number`` (E.164) for just this came back in this very session, however long ago.

    A session lasts SESSION_LIFETIME at most, and ends with any change of the number made elsewhere.
    """
    found = db.session.scalar(
        select(Challenge.id)
        .where(
            Challenge.login_session_id == me.session.id,
            Challenge.user_id == me.user.id,
            Challenge.purpose == CONFIRM_MOBILE,
            Challenge.destination == number,
            Challenge.outcome == "verified",
        )
        .limit(1)
    )
    return found is not None
