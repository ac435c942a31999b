"""Who is signed in where: the server's record behind the one opaque token in the cookie."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model
from models.types import Json, Key, PublicId, UtcDateTime, new_public_id
from models.user import User


class LoginSession(Model):
    __tablename__ = "login_sessions"
    __table_args__ = (Index("ix_login_sessions_user_id", "user_id", "ended_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    #: SHA-256 of the cookie's token; a copy of the table opens nothing.
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The absolute limit. The idle limit is counted from last_seen_at.
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))
    #: How the second step was passed: "code", "trusted_browser", or "off" (the account has no two-factor).
    second_step: Mapped[str] = mapped_column(String(20))
    #: {action: {scope: ISO 8601 UTC}}: when each guarded action was last verified by a code.
    verified_at: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_because: Mapped[str | None] = mapped_column(String(40))

    user: Mapped[User] = relationship(lazy="raise_on_sql")


class PendingSignIn(Model):
    """The time between the right password and the right code. It is not a session and never becomes one."""

    __tablename__ = "pending_sign_ins"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: An own path, checked when it was stored; "" is the start page.
    next_path: Mapped[str] = mapped_column(String(2000), default="")
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship(lazy="raise_on_sql")
