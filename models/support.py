"""What people asked support for, and what support did to an account."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Model
from models.types import Key, PublicId, UtcDateTime, new_public_id
from models.user import User


class SupportRequest(Model):
    __tablename__ = "support_requests"
    __table_args__ = (Index("ix_support_requests_state", "state", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    #: As given; it proves nothing about who wrote.
    email: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(150))
    message: Mapped[str] = mapped_column(Text)
    #: The signed-in writer, where there was one.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: The account that the address or the session belongs to, where there is one.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    address: Mapped[str] = mapped_column(String(45))
    #: "open" or "closed".
    state: Mapped[str] = mapped_column(String(10), default="open")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    account: Mapped[Account | None] = relationship(lazy="raise_on_sql")


class ScheduledDisable(Model):
    """Two-factor authentication of an account about to be switched off by support."""

    __tablename__ = "scheduled_disables"
    __table_args__ = (
        Index(
            "uq_scheduled_disables_one_waiting",
            "account_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    #: Null when it came from the command line.
    support_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    support_label: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(1000))
    evidence: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: "waiting", "done" or "stopped".
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    support_user: Mapped[User | None] = relationship(lazy="raise_on_sql", foreign_keys=[support_user_id])
