"""What services/delivery/figures.py asks of the database: counts by group, never a row for each message."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, null, or_, select

from extensions import db
from models.challenge import Challenge
from models.message import Message, MessageState
from services.delivery.sql_times import day_of, hour_of, tenths_between

#: Groups of failures that are looked at, the largest first.
MOST_REASONS = 500
_ASKED_FOR = ("sms", "voice")
#: Of what did not arrive, as far as anybody knows.
FAILED = (MessageState.REJECTED, MessageState.UNKNOWN, MessageState.EXPIRED)


#: These carried no code to anybody: what was entered was another one.
_CARRIED = Message.state.not_in((MessageState.REJECTED, MessageState.EXPIRED))


class Group(NamedTuple):
    """``start``: of its hour or day. ``micros``: sum of the prices that receipts told, ``priced`` of them."""

    channel: str
    country: str | None
    sender: str | None
    state: str
    currency: str | None
    start: datetime
    number: int
    sent: int
    codes: int
    verified: int
    micros: int | None
    priced: int


class Took(NamedTuple):
    channel: str
    country: str | None
    sender: str | None
    tenths: int
    number: int


class Failure(NamedTuple):
    channel: str
    country: str | None
    sender: str | None
    error_code: str | None
    reason: str | None
    number: int


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(cast(condition, Integer)), 0)


def _lately(since: datetime) -> ColumnElement[bool]:
    return and_(Message.channel.in_(_ASKED_FOR), Message.created_at >= since)


def groups(since: datetime, *, hourly: bool) -> Iterator[Group]:
    start = (hour_of if hourly else day_of)(Message.created_at)
    sent = or_(
        Message.sent_at.is_not(None), Message.state.in_((MessageState.ACCEPTED, MessageState.DELIVERED))
    )
    by = (Message.channel, Message.country, Message.sender, Message.state, Message.currency, start)
    statement = (
        select(
            *by,
            func.count(),
            _number(sent),
            _number(and_(sent, _CARRIED, Message.challenge_id.is_not(None))),
            _number(and_(sent, _CARRIED, func.coalesce(Challenge.outcome, "") == "verified")),
            func.sum(Message.price_micros),
            func.count(Message.price_micros),
        )
        .outerjoin(Challenge, Challenge.id == Message.challenge_id)
        .where(_lately(since))
        .group_by(*by)
    )
    form = "%Y-%m-%d %H" if hourly else "%Y-%m-%d"
    for channel, country, sender, state, currency, begins, *numbers in db.session.execute(statement):
        begun = datetime.strptime(begins, form).replace(tzinfo=UTC)
        micros = int(numbers[4]) if numbers[4] is not None else None  # PostgreSQL adds up to a Decimal
        number, sent_of_it, codes, verified, _, priced = numbers
        yield Group(
            channel,
            country,
            sender,
            state,
            currency,
            begun,
            number,
            sent_of_it,
            codes,
            verified,
            micros,
            priced,
        )


def delivery_times(since: datetime) -> Iterator[Took]:
    """From the promise to the phone, by the provider's receipt."""
    took = tenths_between(Message.delivered_at, Message.created_at)
    return _times(took, _times_of(took).where(_lately(since), Message.delivered_at.is_not(None)))


def acceptance_times(since: datetime) -> Iterator[Took]:
    """From the promise to the provider's yes."""
    took = tenths_between(Message.accepted_at, Message.created_at)
    statement: Any = (
        select(Message.channel, null(), null(), took, func.count())
        .where(_lately(since), Message.accepted_at.is_not(None))
        .group_by(Message.channel, took)
    )
    return (Took(*row) for row in db.session.execute(statement))


def verification_times(since: datetime) -> Iterator[Took]:
    """From the question to the right code, for each text and call that carried it."""
    took = tenths_between(Challenge.spent_at, Challenge.created_at)
    statement = _times_of(took).join(Challenge, Challenge.id == Message.challenge_id)
    return _times(
        took,
        statement.where(
            _lately(since), _CARRIED, Challenge.outcome == "verified", Challenge.spent_at.is_not(None)
        ),
    )


def _times_of(took: ColumnElement[int]) -> Any:
    return select(Message.channel, Message.country, Message.sender, took, func.count())


def _times(took: ColumnElement[int], statement: Any) -> Iterator[Took]:
    statement = statement.group_by(Message.channel, Message.country, Message.sender, took)
    return (Took(*row) for row in db.session.execute(statement))


def failures(since: datetime) -> list[Failure]:
    """Most frequent first; one more than ``MOST_REASONS`` and so on shows that there are others."""
    # What a worker noted beside a code is another wording of the code.
    told = case((Message.error_code.is_(None), func.substr(Message.reason, 1, 80)))
    by = (Message.channel, Message.country, Message.sender, Message.error_code, told)
    statement = (
        select(*by, func.count())
        .where(_lately(since), Message.state.in_(FAILED))
        .group_by(*by)
        .order_by(func.count().desc(), *by)
        .limit(MOST_REASONS + 1)
    )
    return [Failure(*row) for row in db.session.execute(statement)]
