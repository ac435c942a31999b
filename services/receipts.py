"""Delivery receipts of the SMS provider: is this call really Vonage's, and what does it say of a message.

A receipt changes what is known of a message, and nothing else: it can be late, doubled, missing or false, so no
sign-in, code or permission ever depends on one.
"""

import hashlib
import hmac
import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from sqlalchemy import select, update

from config import settings
from extensions import db
from models.message import Message, MessageState
from models.webhook_receipt import WebhookReceipt
from services.clock import now
from services.unit_of_work import write
from services.upsert import insert

_log = logging.getLogger(__name__)

#: Seconds between signing and arrival, either way. Vonage repeats a failed call after 5 s, then twice as long each
#: time, so an outage of a few minutes loses no receipt; an older one would only tell what no longer matters.
WINDOW = 300
_MAX_JTI = 100
_CLAIMS = ["iat", "jti", "iss", "payload_hash", "api_key", "application_id"]

#: From which states each status may lead where. What is final stays: receipts arrive in any order, and more than once.
_OPEN = (MessageState.SENDING, MessageState.ACCEPTED, MessageState.UNKNOWN)
_NEXT: dict[str, tuple[MessageState, tuple[MessageState, ...]]] = {
    "submitted": (MessageState.ACCEPTED, (MessageState.UNKNOWN,)),
    "delivered": (MessageState.DELIVERED, _OPEN),
    "rejected": (MessageState.REJECTED, _OPEN),
    "undeliverable": (MessageState.REJECTED, _OPEN),
}


class NotConfigured(Exception):
    """There is no VONAGE_SIGNATURE_SECRET, so no call can be told from a forged one."""


class Forged(Exception):
    """The call is not Vonage's to us, not of now, or not of this body. ``str()`` says which, for the log."""


@dataclass(frozen=True)
class Signed:
    """What the signature vouches for."""

    jti: str


def verify(token: str, body: bytes) -> Signed:
    """Check the JWT of a call against its raw body (vonage.com: "Signing webhooks").

    Raises NotConfigured or Forged.
    """
    config = settings()
    if not config.vonage_signature_secret:
        raise NotConfigured
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            config.vonage_signature_secret,
            algorithms=["HS256"],  # never what the token itself asks for
            issuer="Vonage",
            # iat is judged below: here a clock one second ahead of ours would be refused.
            options={"require": _CLAIMS, "verify_iat": False},
        )
    except jwt.InvalidTokenError as fault:
        raise Forged(type(fault).__name__) from None
    _check_claims(claims, body)
    return Signed(claims["jti"])


def _check_claims(claims: dict[str, Any], body: bytes) -> None:
    config = settings()
    if not all(isinstance(claims[name], str) for name in _CLAIMS if name != "iat"):
        raise Forged("a claim is not text")
    if type(claims["iat"]) not in (int, float) or not abs(now().timestamp() - claims["iat"]) <= WINDOW:
        raise Forged("not of now")
    if claims["application_id"] != config.vonage_application_id:
        raise Forged("for another application")
    if config.vonage_api_key and claims["api_key"] != config.vonage_api_key:
        raise Forged("for another account")
    digest = hashlib.sha256(body).hexdigest()
    if not hmac.compare_digest(digest.encode(), claims["payload_hash"].lower().encode()):
        raise Forged("the body was changed")
    if not 0 < len(claims["jti"]) <= _MAX_JTI or not claims["jti"].isprintable():
        raise Forged("not a possible jti")


def take_status(signed: Signed, body: bytes) -> None:
    """Note what a verified status call says. The same call a second time changes nothing."""
    with write():
        if _first_time(signed):
            _apply(_object(body))


def take_voice_event(signed: Signed) -> None:
    """Verified and noted; nothing depends on how a call went."""
    with write():
        _first_time(signed)


def _first_time(signed: Signed) -> bool:
    """Remember the call's id; False when it is known. It is kept until its signature is too old anyway."""
    moment = now()
    added = db.session.scalar(
        insert(WebhookReceipt)
        .values(jti=signed.jti, received_at=moment, expires_at=moment + timedelta(seconds=3 * WINDOW))
        .on_conflict_do_nothing()
        .returning(WebhookReceipt.jti)
    )
    return added is not None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _apply(event: dict[str, Any]) -> None:
    status = event.get("status")
    provider_id = event.get("message_uuid")
    if not isinstance(status, str) or status not in _NEXT or not isinstance(provider_id, str):
        return
    message = _message(event.get("client_ref"), provider_id)
    if message is None:
        _log.info("a receipt (%s) names no message of ours", status)
        return
    state, before = _NEXT[status]
    reason = f"receipt: {_error_code(event) or 'no reason given'}" if state == MessageState.REJECTED else None
    db.session.execute(
        update(Message)
        .where(Message.id == message.id, Message.state.in_(before))
        .values(state=state, settled_at=now(), lease_until=None, provider_id=provider_id[:100], reason=reason)
        .execution_options(synchronize_session=False)
    )


def _message(client_ref: object, provider_id: str) -> Message | None:
    """By the id that we gave it, which a receipt can carry before our own send has returned; else by theirs."""
    found = select(Message).where(Message.channel == "sms")
    if isinstance(client_ref, str) and client_ref:
        message = db.session.scalars(found.where(Message.public_id == client_ref)).first()
        known = message.provider_id if message else None
        return message if known in (None, provider_id) else None
    return db.session.scalars(found.where(Message.provider_id == provider_id)).first()


def _error_code(event: dict[str, Any]) -> str:
    """Vonage's four digits: ``error.title``, seen as number and as text, else the fragment of ``error.type``."""
    error = event.get("error")
    if not isinstance(error, dict):
        return ""
    for found in (str(error.get("title", "")), str(error.get("type", "")).rpartition("#")[2]):
        if found.isascii() and found.isdigit() and len(found) <= 5:
            return f"code {found}"
    return ""
