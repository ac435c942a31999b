"""An export: what exactly will leave is fixed here first; this row's public id is the step-up's scope."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model
from models.types import Json, Key, PublicId, UtcDateTime, new_public_id
from models.user import User


class Export(Model):
    __tablename__ = "exports"
    __table_args__ = (Index("ix_exports_account_id", "account_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    #: Null: all contacts. The list's name is kept as it was.
    list_id: Mapped[int | None] = mapped_column(ForeignKey("contact_lists.id", ondelete="SET NULL"))
    list_name: Mapped[str] = mapped_column(String(100))
    #: "" means any status.
    status: Mapped[str] = mapped_column(String(20), default="")
    #: Column names in order, as they stand in the header.
    columns: Mapped[list[Any]] = mapped_column(Json)
    #: How many rows it held when it was fixed.
    expected_rows: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Of the last download: "fixed" (none yet), "running", "complete" or "partial".
    state: Mapped[str] = mapped_column(String(10), default="fixed")
    downloads: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))

    user: Mapped[User] = relationship(lazy="raise_on_sql")


class ExportDownload(Model):
    """One download: written before the first byte leaves, so that no crash can hide that contacts left."""

    __tablename__ = "export_downloads"
    __table_args__ = (
        Index(
            "ix_export_downloads_running",
            "account_id",
            postgresql_where=text("finished_at IS NULL"),
            sqlite_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    export_id: Mapped[int] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    #: Whether a code stood before it (false: the account has two-factor authentication off).
    verified: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The stream moves this on as it runs; past it without an end, its process is taken for dead.
    alive_until: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: "running", "complete" or "partial".
    state: Mapped[str] = mapped_column(String(10), default="running")
