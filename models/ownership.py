"""An offer to hand the account to another user; it takes effect when that user accepts, code in hand."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import Key, PublicId, UtcDateTime, new_public_id


class OwnershipTransfer(Model):
    __tablename__ = "ownership_transfers"
    __table_args__ = (
        Index(
            "uq_ownership_transfers_one_open",
            "account_id",
            unique=True,
            postgresql_where=text("state = 'offered'"),
            sqlite_where=text("state = 'offered'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    from_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    to_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    #: "offered", "accepted", "declined" or "withdrawn".
    state: Mapped[str] = mapped_column(String(10), default="offered")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
