"""An export: what exactly will leave is fixed here first; this row's public id is the step-up's scope."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model
from models.types import Json, Key, PublicId, UtcDateTime, new_public_id
from models.user import User

#: What an export of no list in particular is called. No list may have this name, so that the two never look alike.
ALL_CONTACTS = "All contacts"


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
    #: Of a file that lies in storage: which bytes of it were asked for, and how many left. Null: it was streamed.
    first_byte: Mapped[int | None] = mapped_column(BigInteger)
    length: Mapped[int | None] = mapped_column(BigInteger)
    sent: Mapped[int | None] = mapped_column(BigInteger)
    #: When the code was entered that stood before it: the requests that one code approved, in one session and from one
    #: address, are told as one.
    grant_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Who took it: public id of the session, which outlives that row; address and browser as in the activity log. Null
    #: in rows of before they were kept.
    login_session: Mapped[str | None] = mapped_column(PublicId)
    address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(300))


class ExportFile(Model):
    """The file of a long export: how far a worker has written it, where it lies, and the key that opens it."""

    __tablename__ = "export_files"
    __table_args__ = (Index("ix_export_files_account_id", "account_id", "state"),)

    export_id: Mapped[int] = mapped_column(
        ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    #: "waiting", "writing", "ready", "failed", "cancelled" or "gone".
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    rows_done: Mapped[int] = mapped_column(BigInteger, default=0)
    #: The object in storage, new at each attempt. It stays until the object is known to be removed.
    name: Mapped[str | None] = mapped_column(String(80))
    #: Sealed; gone when the file has ended, whatever became of the object.
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Of the CSV, once it is written.
    rows: Mapped[int | None] = mapped_column(BigInteger)
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Why there is no file any more, as in the activity log.
    why: Mapped[str | None] = mapped_column(String(100))

    export: Mapped[Export] = relationship(lazy="raise_on_sql")
