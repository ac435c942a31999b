"""Events of calls (Voice API, event webhook): the same signature, and the same states as a text's.

ACCEPTED while it rings, DELIVERED once somebody picks up, REJECTED with a word for why nobody did
(services/gateways/vonage_codes.py).
"""

import logging
from typing import Any

from sqlalchemy import select

from extensions import db
from models.message import Message, MessageState
from services.gateways.vonage_codes import code_of_call, meaning_of
from services.receipts import noting, reading
from services.receipts.noting import OPEN, Step
from services.receipts.verifying import Signed, first_time
from services.unit_of_work import write

_log = logging.getLogger(__name__)

_STATES = {
    **dict.fromkeys(("started", "ringing"), MessageState.ACCEPTED),
    **dict.fromkeys(("answered", "human", "completed"), MessageState.DELIVERED),
    **dict.fromkeys(("busy", "unanswered", "timeout", "cancelled"), MessageState.REJECTED),
    **dict.fromkeys(("rejected", "failed", "machine"), MessageState.REJECTED),
}
_NOT_YET_TAKEN = (MessageState.SENDING, MessageState.UNKNOWN)
#: "answered" comes first, whoever picks up; that it was a machine is found out after it.
_ALSO_ANSWERED = (*OPEN, MessageState.DELIVERED)
#: Of a price without its currency, which is how these events give it: calls are billed in euros.
_CURRENCY = "EUR"


def take_voice_event(signed: Signed, body: bytes, public_id: str = "") -> None:
    """Note what a verified event says. ``public_id``: the message named in the address that was called, which no
    signature covers: it is believed only where nothing speaks against it."""
    with write():
        if first_time(signed):
            _apply(reading.json_object(body), public_id)


def _apply(event: dict[str, Any], public_id: str) -> None:
    status = event.get("status")
    provider_id = event.get("uuid")
    if not isinstance(status, str) or status not in _STATES or not isinstance(provider_id, str):
        return
    message = _message(provider_id, public_id, event.get("to"))
    if message is None:
        _log.info("a call's event (%s) names no call of ours", status)
        return
    price = reading.price(event.get("price"), event.get("currency", _CURRENCY))
    noting.take(message, provider_id[:100], _step(status, event, message), price)


def _step(status: str, event: dict[str, Any], message: Message) -> Step:
    at = reading.moment_of(event, message)
    state = _STATES[status]
    if state is MessageState.REJECTED:
        code = code_of_call(status, event.get("detail"))
        before = _ALSO_ANSWERED if status == "machine" else OPEN
        return Step(
            f"{status} ({meaning_of(code)})", state, before, at, error_code=code, reason=f"receipt: {code}"
        )
    return Step(status, state, _NOT_YET_TAKEN if state is MessageState.ACCEPTED else OPEN, at)


def _message(provider_id: str, public_id: str, to: object) -> Message | None:
    """By the provider's id; or, while our own request has not returned with that, by ours, if the number fits."""
    found = select(Message).where(Message.channel == "voice").execution_options(populate_existing=True)
    known = db.session.scalars(found.where(Message.provider_id == provider_id)).first()
    if known is not None or not public_id or not isinstance(to, str):
        return known
    return db.session.scalars(
        found.where(
            Message.public_id == public_id,
            Message.provider_id.is_(None),
            Message.recipient == f"+{to.removeprefix('+')}",
        )
    ).first()
