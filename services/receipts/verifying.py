"""Whether a call is really Vonage's, to us, of now, and not one that was taken before."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt

from config import settings
from extensions import db
from models.webhook_receipt import WebhookReceipt
from services.clock import now
from services.upsert import insert

#: Seconds between signing and arrival, either way. Vonage repeats a failed call after 5 s, then twice as long each
#: time, so an outage of a few minutes loses no receipt; an older one would only tell what no longer matters.
WINDOW = 300
_MAX_JTI = 100
_CLAIMS = ["iat", "jti", "iss", "payload_hash", "api_key", "application_id"]


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


def first_time(signed: Signed) -> bool:
    """Remember the call's id, inside the write() that takes it; False when it is known.

    It is kept until its signature is too old anyway.
    """
    moment = now()
    added = db.session.scalar(
        insert(WebhookReceipt)
        .values(jti=signed.jti, received_at=moment, expires_at=moment + timedelta(seconds=3 * WINDOW))
        .on_conflict_do_nothing()
        .returning(WebhookReceipt.jti)
    )
    return added is not None
