"""Receipts of texts (Messages API, status webhook, v1)."""

import logging
from typing import Any

from sqlalchemy import select

from extensions import db
from models.message import Message, MessageState
from services.gateways.vonage_codes import Meaning, meaning_of
from services.receipts import noting, reading
from services.receipts.noting import OPEN, Step
from services.receipts.verifying import Signed, first_time
from services.unit_of_work import write

_log = logging.getLogger(__name__)

_STATES = {
    "submitted": MessageState.ACCEPTED,
    "delivered": MessageState.DELIVERED,
    "rejected": MessageState.REJECTED,
    "undeliverable": MessageState.REJECTED,
}
#: What was taken is known already where it is ACCEPTED.
_NOT_YET_TAKEN = (MessageState.SENDING, MessageState.UNKNOWN)


def take_status(signed: Signed, body: bytes) -> None:
    """Note what a verified status call says. The same call a second time changes nothing."""
    with write():
        if first_time(signed):
            _apply(reading.json_object(body))


def _apply(event: dict[str, Any]) -> None:
    status = event.get("status")
    provider_id = event.get("message_uuid")
    if not isinstance(status, str) or status not in _STATES or not isinstance(provider_id, str):
        return
    message = _message(event.get("client_ref"), provider_id)
    if message is None:
        _log.info("a receipt (%s) names no message of ours", status)
        return
    usage = event.get("usage")
    price = reading.price(usage.get("price"), usage.get("currency")) if isinstance(usage, dict) else None
    noting.take(message, provider_id[:100], _step(status, event, message), price)


def _step(status: str, event: dict[str, Any], message: Message) -> Step:
    at = reading.moment_of(event, message)
    state = _STATES[status]
    if state is not MessageState.REJECTED:
        before = _NOT_YET_TAKEN if state is MessageState.ACCEPTED else OPEN
        return Step(status, state, before, at)
    code = reading.code_of_error(event)
    if meaning_of(code) is Meaning.EXPIRED:
        state = MessageState.EXPIRED
    word = f"{status} {code} ({meaning_of(code)})" if code else status
    reason = f"receipt: {f'code {code}' if code else 'no reason given'}"
    return Step(word, state, OPEN, at, error_code=code, reason=reason)


def _message(client_ref: object, provider_id: str) -> Message | None:
    """By the id that we gave it, which a receipt can carry before our own send has returned; else by theirs."""
    found = select(Message).where(Message.channel == "sms").execution_options(populate_existing=True)
    if isinstance(client_ref, str) and client_ref:
        message = db.session.scalars(found.where(Message.public_id == client_ref)).first()
        known = message.provider_id if message else None
        return message if known in (None, provider_id) else None
    return db.session.scalars(found.where(Message.provider_id == provider_id)).first()
