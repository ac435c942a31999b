"""The outbox: a text, call or mail that was promised in the same transaction as its cause, and the life that it had."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import Json, Key, PublicId, UtcDateTime, new_public_id


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


class Message(Model):
    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("channel IN ('sms', 'voice', 'mail')", name="channel"),
        Index("ix_messages_due", "state", "due_at"),
        Index("ix_messages_challenge_id", "challenge_id"),
        Index("ix_messages_created", "channel", "created_at"),
        Index("ix_messages_provider_id", "provider_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    #: "sms", "voice" or "mail".
    channel: Mapped[str] = mapped_column(String(5))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: E.164 for a text or call, an address for a mail.
    recipient: Mapped[str] = mapped_column(String(320))
    #: The name of its words in services/wording; rendered only when it is sent.
    template: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    #: The code of the language it is written in (services/language.py); null in rows of before there was one.
    language: Mapped[str | None] = mapped_column(String(10))
    challenge_id: Mapped[int | None] = mapped_column(ForeignKey("challenges.id"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("links.id"))

    state: Mapped[str] = mapped_column(String(10), default=MessageState.QUEUED)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Not before this time.
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Not after this time: a code that died must not ring a phone.
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: While SENDING: after this time its worker is taken for dead and the outcome for unknown.
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider_id: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(String(200))

    #: For a text or call: the country of its number, who carried it, and what stood above it.
    country: Mapped[str | None] = mapped_column(String(3))
    gateway: Mapped[str | None] = mapped_column(String(20))
    sender: Mapped[str | None] = mapped_column(String(16))
    #: The request (services/origin.py) that promised it: the same in every log line about it.
    request_id: Mapped[str | None] = mapped_column(String(40))
    #: When it was handed to the gateway for the last time, when the provider took it, when it was on the phone.
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: The provider's own code for why it was not delivered, such as "1190".
    error_code: Mapped[str | None] = mapped_column(String(10))
    #: What it cost, from its receipt, in millionths of ``currency`` (ISO 4217).
    price_micros: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))


class MessageEvent(Model):
    """One step in the life of a message, for whoever asks what became of it. Holds no number, address, code or text."""

    __tablename__ = "message_events"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: "taken", "accepted", "refused", "retry", "unknown", "moot", "abandoned", "receipt", "held" …
    event: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(String(200), default="")
