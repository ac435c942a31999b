"""What goes first: codes, which people wait for, then mails with a link, then what merely tells; each by its time.

And which of what waits tries out a provider that refuses us: not always the same one, since it may be that one alone
which is refused.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select

from extensions import db
from models.message import Message, MessageEvent, MessageState
from models.provider import Circuit
from services.clock import now
from services.delivery.leftovers import BACK_AGAIN
from services.delivery.roads import Way, roads_of

#: 2,000 notices of one account do not go before everybody's codes.
FIRST = (
    case((Message.challenge_id.is_not(None), 0), (Message.link_id.is_not(None), 1), else_=2),
    Message.due_at,
    Message.id,
)


def refusal(name: str, reason: str) -> str:
    """In the life of a message: the gateway ``name`` was asked for it, and refused us."""
    return f"{name} refuses us: {reason}"


def due(channel: str, way: Way) -> ColumnElement[bool]:
    """What may go now by one of the roads of ``way``."""
    found = (Message.state == MessageState.QUEUED) & (Message.due_at <= now()) & (Message.channel == channel)
    shut = {road.name for road in roads_of(channel)} - {road.name for road in way.roads}
    if shut:  # nobody but the gateway that had it knows whether it was sent
        found &= ~((func.coalesce(Message.reason, "") == BACK_AGAIN) & Message.gateway.in_(shut))
    return found


def next_ids(channel: str, limit: int, only: int | None, way: Way) -> list[int]:
    """What is claimed next, its rows locked. What another worker is about to take is left to it."""
    found: Select[Any] = select(Message.id).where(due(channel, way))
    if way.probe:
        refused = _was_refused(way.roads[0].name)
        if only is not None and _another_should_try(only, due(channel, way), refused):
            return []
        found = found.order_by(case((refused, 1), else_=0))
    if only is not None:
        found = found.where(Message.id == only)
    found = found.order_by(*FIRST).limit(limit)
    return list(db.session.scalars(found.with_for_update(skip_locked=True, of=Message)))


def road_for(message: Message, way: Way) -> Any:
    """A message that comes back goes by the next road; one that a dead worker had, by the same: only that gateway knows
    whether it was sent."""
    if message.reason == BACK_AGAIN:
        for road in way.roads:
            if road.name == message.gateway:
                return road
    return way.roads[message.attempts % len(way.roads)]


def alone_is_refused(message: Message, name: str) -> bool:
    """Whether the gateway refused us for it before, and has taken others since: then it is this message."""
    last = (
        select(func.max(MessageEvent.at))
        .where(MessageEvent.message_id == message.id, _tells_of_refusal(name))
        .scalar_subquery()
    )
    # A circuit that has changed since the message was held was closed meanwhile.
    closed_since = exists().where(Circuit.name == name, Circuit.changed_at > last)
    return bool(db.session.scalar(select(closed_since)))


def _tells_of_refusal(name: str) -> ColumnElement[bool]:
    asked = MessageEvent.detail.startswith(refusal(name, ""), autoescape=True)
    return (MessageEvent.event == "held") & asked


def _was_refused(name: str) -> ColumnElement[bool]:
    return exists().where(MessageEvent.message_id == Message.id, _tells_of_refusal(name))


def _another_should_try(message_id: int, waiting: ColumnElement[bool], refused: ColumnElement[bool]) -> bool:
    if not db.session.scalar(select(exists().where(Message.id == message_id, refused))):
        return False
    return bool(db.session.scalar(select(exists().where(waiting, ~refused))))
