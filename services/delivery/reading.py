"""Messages as an operator sees them: what became of one, and which there were."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from extensions import db
from models.message import Message, MessageEvent
from services.delivery.figure_queries import FAILED
from services.numbers import masked


def find(name: str) -> Message | None:
    """By its own id, or by the provider's."""
    statement = (
        select(Message)
        .where(or_(Message.public_id == name, Message.provider_id == name[:100]))
        .order_by(Message.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).first()


def steps(message: Message) -> Sequence[MessageEvent]:
    """Oldest first."""
    return db.session.scalars(
        select(MessageEvent).where(MessageEvent.message_id == message.id).order_by(MessageEvent.id)
    ).all()


def newest(limit: int, *, failed: bool = False, request: str | None = None) -> Sequence[Message]:
    """Newest first; ``failed``: only what did not arrive; ``request``: only what one request asked for."""
    statement = select(Message).order_by(Message.id.desc()).limit(limit)
    if failed:
        statement = statement.where(Message.state.in_(FAILED))
    if request is not None:
        statement = statement.where(Message.request_id == request)
    return db.session.scalars(statement).all()


def whom(message: Message) -> str:
    """Number or address of a message, masked."""
    if message.channel == "mail":
        return "•••@" + message.recipient.rpartition("@")[2]
    return masked(message.recipient)
