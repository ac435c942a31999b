"""A person who can sign in: of an account (one owner, any number of users) or of support."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Model
from models.types import Key, PublicId, UtcDateTime, new_public_id


class Role(StrEnum):
    OWNER = "owner"
    USER = "user"
    SUPPORT = "support_admin"


class User(Model):
    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'user', 'support_admin')", name="role"),
        CheckConstraint("(role = 'support_admin') = (account_id IS NULL)", name="support_has_no_account"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        Index(
            "uq_users_one_owner",
            "account_id",
            unique=True,
            postgresql_where=text("role = 'owner'"),
            sqlite_where=text("role = 'owner'"),
        ),
        Index("ix_users_account_id", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Lower case, unique over the whole site; freed (with a suffix) when the user is removed.
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    #: A code of services/language.py; null: as the browser asks.
    language: Mapped[str | None] = mapped_column(String(10))
    can_export: Mapped[bool] = mapped_column(default=False)

    #: argon2id; null until an invitation was followed.
    password_hash: Mapped[str | None] = mapped_column(String(255))
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    #: E.164. What was typed is kept beside it, to be shown back as the person knows it.
    mobile_number: Mapped[str | None] = mapped_column(String(16))
    mobile_number_typed: Mapped[str | None] = mapped_column(String(60))
    #: When a code sent to exactly this number came back; null means "unconfirmed".
    mobile_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    #: Wrong codes in a row over all challenges. Only a completed verification sets it to 0.
    code_failures: Mapped[int] = mapped_column(Integer, default=0)
    code_paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Too many wrong codes in a row: none is judged or sent until the owner or support binds the number again.
    codes_stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    #: Loaded with the session of whoever asks; elsewhere by its key, once an account.
    account: Mapped[Account | None] = relationship()

    @property
    def is_owner(self) -> bool:
        return self.role == Role.OWNER

    @property
    def is_support(self) -> bool:
        return self.role == Role.SUPPORT

    @property
    def may_export(self) -> bool:
        """The owner always may; others need the permission."""
        return self.is_owner or (self.role == Role.USER and self.can_export)

    @property
    def mobile_confirmed(self) -> bool:
        return self.mobile_number is not None and self.mobile_confirmed_at is not None
