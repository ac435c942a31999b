"""A call that speaks the code of a challenge, for phones to which no text comes.

docs/decisions/0015-calls-that-speak-the-code.md says to whom, when and how often, and against whom.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from config import settings
from extensions import db
from models.challenge import Challenge
from models.message import Message, MessageState
from models.user import User
from services import limits, notices, risk, sending
from services.audit import Event
from services.clock import now
from services.codes.challenges import (
    TooSoon,
    hold_for,
    is_live,
    locked,
    promise,
    seconds_until_resend,
)
from services.codes.purposes import CONFIRM_MOBILE, purpose_in_words
from services.gateways import VONAGE_VOICE
from services.gateways.vonage_codes import Meaning
from services.numbers import masked
from services.outbox import queue_call
from services.undelivered import why
from services.unit_of_work import write

#: Calls of one challenge: to a number that its user has confirmed, and to one of which nobody knows whose it is.
_MOST, _MOST_UNPROVED = 2, 1
_HOUR = 3600
#: A call to a number that does not exist, and one without a line to call from, helps nobody.
_NO_HELP = frozenset({Meaning.NUMBER_WRONG})


class NoCall(Exception):
    """This number is not called for this code."""


class NoMoreCalls(NoCall):
    """It was, as often as it may be."""


class NoCallsNow(NoCall):
    """Nobody is called: the provider refuses us."""


@dataclass(frozen=True)
class _Tried:
    """What was done for a challenge so far. ``failed``: nothing but a text that surely did not arrive came last."""

    calls: int
    failed: bool
    in_vain: bool


def newest_message(challenge: Challenge) -> Message | None:
    """The text or call of a challenge that was promised last."""
    return db.session.scalars(
        select(Message)
        .where(Message.challenge_id == challenge.id)
        .order_by(Message.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()


def may_call(challenge: Challenge, user: User, newest: Message) -> bool:
    """Whether the page offers a call: it would be made now, or when the wait for the next text is over."""
    waited = challenge.sends > 1 or sending.wait_after(1, challenge.last_sent_at) == 0
    if not (waited or _failed(newest)):  # pages ask this every two seconds: most are done here
        return False
    try:
        _check(challenge, _tried(challenge, newest))
    except NoCall:
        return False
    return sending.refusal_of_call(_call_to(challenge, user, user.password_changed_at)) is None


def call(challenge: Challenge, user: User, *, wording: str = "") -> None:
    """Have the number called. Raises NoCall, TooSoon, limits.LimitExceeded.

    It counts as a text does: towards the wait for the next one, and towards how often one code is sent.
    """
    with write():
        held = hold_for(user, challenge.purpose, challenge.destination)
        current = locked(challenge)
        tried = _tried(current, newest_message(current))
        _check(current, tried)
        wait = 0 if tried.failed else seconds_until_resend(current)
        if wait:
            raise TooSoon(wait)
        sending.count_call(_call_to(current, user, held.password_changed_at))
        promise(queue_call, Event.CODE_CALLED, current, user, wording)
        _tell(current, user)


def _tell(challenge: Challenge, user: User) -> None:
    """A call goes where the phone forwards it to: who has that and the password needs no SIM card. Once an hour."""
    if challenge.purpose == CONFIRM_MOBILE:  # nothing opens with it but the number itself, which is told
        return
    if limits.first_since("told_called", user.id, _HOUR):
        notices.called(
            user, number=masked(challenge.destination), purpose=purpose_in_words(challenge.purpose)
        )


def _check(challenge: Challenge, tried: _Tried) -> None:
    """Raise NoCall unless a call may be made once the wait is over."""
    if not settings().can_call or not is_live(challenge) or tried.in_vain:
        raise NoCall
    if not risk.may_be_called(challenge.destination, proved=challenge.proved):
        raise NoCall
    if _provider_refuses():
        raise NoCallsNow
    if (
        tried.calls >= (_MOST if challenge.proved else _MOST_UNPROVED)
        or challenge.sends >= settings().code_sends
    ):
        raise NoMoreCalls
    # Who types in a number must not have it called as they please: it may be one that earns by calls.
    if not challenge.proved and not tried.failed:
        raise NoCall


def _provider_refuses() -> bool:
    """A call that cannot go is not counted, nor promised. Once the provider may be tried again, the next call does."""
    from services.delivery import circuits  # delivery asks codes what they are for

    circuit = circuits.find(VONAGE_VOICE)
    return circuit is not None and circuit.probe_at is not None and circuit.probe_at > now()


def _failed(newest: Message) -> bool:
    return newest.channel == "sms" and newest.state == MessageState.REJECTED


def _tried(challenge: Challenge, newest: Message | None) -> _Tried:
    calls = db.session.scalar(
        select(func.count())
        .select_from(Message)
        .where(Message.challenge_id == challenge.id, Message.channel == "voice")
    )
    if newest is None:
        return _Tried(calls or 0, failed=False, in_vain=False)
    rejected, failed = newest.state == MessageState.REJECTED, _failed(newest)
    # A text that our own check of the line stopped is no reason to call that line: it may earn by the call.
    of_no_use = rejected and newest.reason in {risk.CANNOT_RECEIVE, risk.NOT_CALLED}
    return _Tried(calls or 0, failed, in_vain=of_no_use or (failed and why(newest) in _NO_HELP))


def _call_to(challenge: Challenge, user: User, password_changed_at: datetime | None) -> sending.Code:
    return sending.Code(
        user.id, user.account_id, challenge.destination, challenge.proved, password_changed_at
    )
