"""The customer: a company whose people share contacts and one two-factor rule."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import Key, PublicId, UtcDateTime, new_public_id


class Account(Model):
    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint(
            "(two_factor_enabled_at IS NULL) = (two_factor_enabled_by IS NULL)", name="two_factor_is_whole"
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    name: Mapped[str] = mapped_column(String(100))
    region: Mapped[str] = mapped_column(String(2))
    time_zone: Mapped[str] = mapped_column(String(64))
    #: Null while two-factor authentication is off.
    two_factor_enabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Name of the owner who switched it on, as it was then.
    two_factor_enabled_by: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def two_factor_on(self) -> bool:
        return self.two_factor_enabled_at is not None
