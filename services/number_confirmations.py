"""Proving a new number: a code sent to it must come back in the session that wants it.

What the person was saving waits, sealed, in a row; the right code finishes it. The code's challenge, once verified, is
itself the proof "this number was confirmed in this session" (``proved_here``): it cannot be written in any other way.
"""

from datetime import timedelta

from sqlalchemy import select, update

from config import settings
from extensions import db
from models.challenge import Challenge
from models.number_confirmation import NumberConfirmation
from services import codes, limits, seal
from services.clock import now
from services.codes import CONFIRM_MOBILE, Verdict
from services.numbers import MobileNumber
from services.sessions import SignedIn
from services.unit_of_work import changed, write

ACCOUNT = "account"
PROFILE = "profile"


def begin(
    me: SignedIn, kind: str, number: MobileNumber, fields: dict[str, list[str]], *, stepped_up: bool
) -> NumberConfirmation:
    """Keep a save and send the code to the new number. Asking again for the same number sends nothing again.

    When no text may be sent (a limit, a pause), the row is kept without a challenge and its page says why.
    """
    with write() as session:
        codes.hold(me.user)  # first, as everywhere: the older rows are ended by whoever finishes them, too
        _give_up_older(me, kind, number.e164)
        waiting = NumberConfirmation(
            login_session_id=me.session.id,
            user_id=me.user.id,
            kind=kind,
            number=number.e164,
            number_typed=number.typed,
            stepped_up=stepped_up,
            fields=seal.seal(fields),
            created_at=now(),
        )
        session.add(waiting)
        session.flush()
    try:
        _send(me, waiting)
    except (limits.LimitExceeded, codes.TooSoon):
        pass  # the page offers to ask for a text, and tells the wait when it is pressed too early
    return waiting


def _give_up_older(me: SignedIn, kind: str, number: str) -> None:
    """A newer save takes the place of an older one; the code to a number that was mistyped dies."""
    older = db.session.scalars(
        select(NumberConfirmation).where(
            NumberConfirmation.login_session_id == me.session.id,
            NumberConfirmation.kind == kind,
            NumberConfirmation.ended_at.is_(None),
        )
    )
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
        # Long enough for a second text; every text still has its own, shorter life.
        NumberConfirmation.created_at > now() - timedelta(seconds=3 * settings().code_lifetime),
    )
    if public_id:
        statement = statement.where(NumberConfirmation.public_id == public_id)
    return db.session.scalars(statement.order_by(NumberConfirmation.id.desc()).limit(1)).first()


def draft(me: SignedIn, kind: str, public_id: str) -> dict[str, list[str]]:
    """What was typed before a save of this session was cancelled, to be shown in the form again; empty for none."""
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
    return seal.unseal(waiting.fields) or {}


def number_of(waiting: NumberConfirmation) -> MobileNumber:
    return MobileNumber(waiting.number, waiting.number_typed, "")


def check(me: SignedIn, waiting: NumberConfirmation, code: str) -> Verdict:
    """Judge a guess; the right one ends the waiting. What it allows belongs into the caller's write()."""
    challenge = challenge_of(waiting)
    if challenge is None:
        return Verdict(codes.Outcome.DEAD)
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
    """Raises codes.TooSoon, codes.NoMoreTexts, limits.LimitExceeded."""
    challenge = challenge_of(waiting)
    if challenge is None:
        _send(me, waiting)
        return
    with write() as session:
        waiting.challenge_id = codes.resend(challenge, me.user).id
        session.add(waiting)


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
