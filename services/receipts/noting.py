"""Writing down what a receipt says of a message: one conditional statement, whatever else is happening to the row."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, update

from models.message import Message, MessageState
from services.delivery import life
from services.receipts.reading import Price
from services.unit_of_work import changed

#: A message in one of these has no end yet. A receipt can be here before the worker has noted that it sent: the row
#: then leaves SENDING by the receipt, and what the worker finds afterwards changes only rows that are still SENDING.
OPEN = (MessageState.SENDING, MessageState.ACCEPTED, MessageState.UNKNOWN)


@dataclass(frozen=True)
class Step:
    """Where a receipt leads, from which states, and what it adds. ``word``: what stands in the message's life."""

    word: str
    state: MessageState
    before: Collection[MessageState]
    at: datetime
    error_code: str | None = None
    reason: str | None = None


def take(message: Message, provider_id: str, step: Step, price: Price | None) -> bool:
    """Inside write(). True when the message is in another state now; its price is noted in any case."""
    moved = changed(
        update(Message)
        .where(Message.id == message.id, Message.state.in_(step.before))
        .values(_values(provider_id, step))
    )
    if price is not None:
        changed(
            update(Message)
            .where(Message.id == message.id, Message.price_micros.is_(None))
            .values(price_micros=price.micros, currency=price.currency)
        )
    with life.about(message):
        life.note(message.id, "receipt", step.word if moved else f"{step.word}: nothing new")
    return moved == 1


def _values(provider_id: str, step: Step) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": step.state,
        "settled_at": step.at,
        "lease_until": None,
        "provider_id": provider_id,
        "reason": step.reason,
        "error_code": step.error_code,
        "delivered_at": step.at if step.state is MessageState.DELIVERED else None,
    }
    if step.state in {MessageState.ACCEPTED, MessageState.DELIVERED}:
        values["accepted_at"] = func.coalesce(Message.accepted_at, step.at)
    return values
