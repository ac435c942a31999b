"""One question put to one phone: "what is the code?". The code itself is never stored (services/codes/)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import Key, PublicId, UtcDateTime, new_public_id


class Challenge(Model):
    __tablename__ = "challenges"
    __table_args__ = (
        CheckConstraint(
            "(pending_sign_in_id IS NULL) != (login_session_id IS NULL)", name="belongs_to_one_session"
        ),
        Index("ix_challenges_live", "user_id", "purpose", "expires_at"),
        Index(
            "ix_challenges_unproved",
            "created_at",
            postgresql_where=text("NOT proved"),
            sqlite_where=text("NOT proved"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    pending_sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("pending_sign_ins.id"), index=True)
    login_session_id: Mapped[int | None] = mapped_column(ForeignKey("login_sessions.id"), index=True)
    #: "login", "mobile.confirm" or "step_up:<action>".
    purpose: Mapped[str] = mapped_column(String(60))
    #: What exactly is approved: an export's public id, an account's, a number.
    scope: Mapped[str] = mapped_column(String(80), default="")
    #: E.164.
    destination: Mapped[str] = mapped_column(String(16))
    #: As the person typed it, where the number is not on record yet.
    destination_typed: Mapped[str | None] = mapped_column(String(60))
    #: Where it goes: region of the number, and the number without its last four digits.
    country: Mapped[str] = mapped_column(String(3), default="")
    prefix: Mapped[str] = mapped_column(String(16), default="")
    #: Whether its user had confirmed the number before. Texts to other numbers have stricter limits.
    proved: Mapped[bool] = mapped_column(default=True)
    nonce: Mapped[bytes] = mapped_column(LargeBinary(16))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    sends: Mapped[int] = mapped_column(Integer, default=0)
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Set once, by the right code, by cancelling, or by whatever made the question moot.
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(20))
