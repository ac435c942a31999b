"""The security log: appended to, never changed. Triggers and rights in the database refuse UPDATE and DELETE."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import PUBLIC_ID_LENGTH, Json, Key, UtcDateTime


class AuditEvent(Model):
    __tablename__ = "audit_events"
    __table_args__ = (
        UniqueConstraint("chain", "number"),
        Index("ix_audit_events_account_id", "account_id", "id"),
        Index("ix_audit_events_account_event", "account_id", "event", "id"),
        Index("ix_audit_events_account_actor", "account_id", "actor_id", "id"),
        Index("ix_audit_events_account_subject", "account_id", "subject_id", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    #: The account's public id, or "site" for what belongs to no account.
    chain: Mapped[str] = mapped_column(String(PUBLIC_ID_LENGTH))
    #: 1, 2, 3 … within the chain, without a gap.
    number: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    event: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Who did it, and as whom they were known then; null for the site itself.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_label: Mapped[str] = mapped_column(String(200))
    #: Whom or what it was done to, where that is not the actor.
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    subject_label: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    #: HMAC-SHA-256 over the row's content and the previous row's hash (services/audit.py).
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditAnchor(Model):
    """How far each chain's end was written into the site's chain (services/audit_anchors.py)."""

    __tablename__ = "audit_anchors"

    chain: Mapped[str] = mapped_column(String(PUBLIC_ID_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)


class AuditHead(Model):
    """The last link of each chain: locked while a row is added, so that writers queue and never fork it."""

    __tablename__ = "audit_heads"

    chain: Mapped[str] = mapped_column(String(PUBLIC_ID_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
