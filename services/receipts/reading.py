"""What stands in a receipt, read leniently: whatever is odd is left out, and nothing of its wording is kept."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from models.message import Message
from services.clock import now

#: How far the provider's clock may be from ours; its stamps may be of whole seconds.
_CLOCKS = timedelta(seconds=5)
#: Nothing that we send costs so much: in whole units of its currency.
_ABSURD = 1000
_PRICE = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,20})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True)
class Price:
    """``micros``: millionths of ``currency`` (ISO 4217)."""

    micros: int
    currency: str


def json_object(body: bytes) -> dict[str, Any]:
    """An empty one for whatever is not an object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def price(amount: object, currency: object) -> Price | None:
    """As number or as text. None for what is missing, negative, absurd, or of no currency."""
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        return None
    text = f"{amount:.12f}" if isinstance(amount, float) else str(amount).strip()
    if not _PRICE.fullmatch(text) or not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        return None
    value = Decimal(text)
    return Price(int((value * 1_000_000).to_integral_value()), currency) if value < _ABSURD else None


def moment_of(event: dict[str, Any], message: Message) -> datetime:
    """When it happened: by the event's own stamp where that can be, else now."""
    told = _stamp(event.get("timestamp"))
    present = now()
    sent = message.sent_at or message.created_at
    if told is None or not sent - _CLOCKS <= told <= present:
        return present
    return max(told, sent)


def _stamp(text: object) -> datetime | None:
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        # Vonage writes UTC, with and without saying so.
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def code_of_error(event: dict[str, Any]) -> str | None:
    """Vonage's four digits: ``error.title``, seen as number and as text, else the fragment of ``error.type``."""
    error = event.get("error")
    if not isinstance(error, dict):
        return None
    for found in (str(error.get("title", "")), str(error.get("type", "")).rpartition("#")[2]):
        if found.isascii() and found.isdigit() and len(found) <= 5:
            return found
    return None
