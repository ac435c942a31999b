"""The outbox: a text or mail that was promised in the same transaction as its cause."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
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
        CheckConstraint("channel IN ('sms', 'mail')", name="channel"),
        Index("ix_messages_due", "state", "due_at"),
        Index("ix_messages_challenge_id", "challenge_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    channel: Mapped[str] = mapped_column(String(4))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: E.164 for a text, an address for a mail.
    recipient: Mapped[str] = mapped_column(String(320))
    #: The name of its words in services/wording; rendered only when it is sent.
    template: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
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
