"""A CSV on its way in, and the rows that were refused."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model
from models.types import Json, Key, PublicId, UtcDateTime, new_public_id
from models.user import User

#: A file that is here, of which somebody has still to say where its columns go. No worker knows of it.
CHOOSING = "choosing"


class ContactImport(Model):
    __tablename__ = "contact_imports"
    __table_args__ = (Index("ix_contact_imports_account_id", "account_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    list_id: Mapped[int | None] = mapped_column(ForeignKey("contact_lists.id", ondelete="SET NULL"))
    #: As it was when the file came.
    list_name: Mapped[str] = mapped_column(String(100), default="")
    #: The name it had on the person's computer, for display only.
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    #: CHOOSING, "waiting", "running", "done", "stopped" or "failed".
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    #: What stopped the whole file, in words for the person.
    problem: Mapped[str | None] = mapped_column(String(300))
    #: How the file is read (encoding, delimiter, columns), fixed at its first look so that a restart reads the same.
    reading: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    #: Where the columns go, as the person chose; empty where our guesses hold. See services/imports/first_look.py.
    columns: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    #: How far a worker came; a restarted one goes on from here.
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    lines_done: Mapped[int] = mapped_column(Integer, default=0)
    rows_read: Mapped[int] = mapped_column(Integer, default=0)
    added: Mapped[int] = mapped_column(Integer, default=0)
    updated: Mapped[int] = mapped_column(Integer, default=0)
    unchanged: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Somebody wants it stopped; the worker does so before its next batch.
    stop_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship(lazy="raise_on_sql")


class RefusedRow(Model):
    __tablename__ = "refused_rows"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("contact_imports.id", ondelete="CASCADE"), primary_key=True
    )
    #: The line of the file at which the row begins, from 1.
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    reason: Mapped[str] = mapped_column(String(300))
    #: The row as CSV, cut at 10,000 characters.
    raw: Mapped[str] = mapped_column(Text)
