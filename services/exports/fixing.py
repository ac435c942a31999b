"""Fixing an export: which contacts and columns, how many rows. Nothing leaves here."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from config import settings
from extensions import db
from models.account import Account
from models.contact import ContactList
from models.export import ALL_CONTACTS, Export, ExportDownload
from models.user import User
from services import audit, limits
from services.audit import Event
from services.clock import now
from services.contacts import counts
from services.exports.columns import available
from services.unit_of_work import write

PAGE_SIZE = 50


class NoColumns(ValueError):
    """None of the columns asked for exists."""


@dataclass(frozen=True)
class Selection:
    """Whose contacts: on ``contact_list`` (None: all), of ``status`` ("": any)."""

    account: Account
    contact_list: ContactList | None = None
    status: str = ""


def count(selection: Selection) -> int:
    """How many contacts it holds now."""
    return counts.count(selection.account, selection.contact_list, selection.status)


def rows_now(export: Export) -> int:
    """How many contacts a download of it takes that begins now. For one that is not over."""
    if is_over(export):  # without its list it would mean everybody
        return export.expected_rows
    return counts.count_of(export.account_id, export.list_id, export.status)


def fix(selection: Selection, columns: list[str], by: User) -> Export:
    """A new export of ``by``, ready to be asked for. A column that went a moment ago is left out.

    Raises NoColumns, limits.LimitExceeded.
    """
    kept = [name for name in available(selection.account) if name in columns]
    if not kept:
        raise NoColumns
    moment = now()
    chosen = selection.contact_list
    with write() as session:
        limits.hit("exports_user", by.id)
        export = Export(
            account_id=selection.account.id,
            user_id=by.id,
            list_id=chosen.id if chosen else None,
            list_name=chosen.name if chosen else ALL_CONTACTS,
            status=selection.status,
            columns=kept,
            expected_rows=count(selection),
            created_at=moment,
            expires_at=moment + timedelta(days=settings().export_days),
        )
        session.add(export)
        session.flush()
        audit.record(
            Event.EXPORT_FIXED, account=selection.account, actor=by, rows=export.expected_rows,
            list=export.list_name, status=export.status, export=export.public_id,
        )  # fmt: skip
    return export


def find(account: Account, public_id: str) -> Export | None:
    """An export of this account, with the person who made it."""
    return db.session.scalars(
        select(Export)
        .where(Export.account_id == account.id, Export.public_id == public_id)
        .options(joinedload(Export.user))
    ).one_or_none()


def is_over(export: Export) -> bool:
    """Past its days, or its list is gone: without it the row would mean everybody."""
    return export.expires_at <= now() or (export.list_id is None and export.list_name != ALL_CONTACTS)


def past(account: Account, user: User, *, before: str = "") -> tuple[list[Export], str]:
    """One page of exports, newest first, and the public id to go on from ("" at the end).

    The owner sees the whole account's, others their own. ``before``: public id of the last one of the page before.
    """
    statement = select(Export).where(Export.account_id == account.id).options(joinedload(Export.user))
    if not user.is_owner:
        statement = statement.where(Export.user_id == user.id)
    if before:
        last = select(Export.id).where(Export.account_id == account.id, Export.public_id == before)
        statement = statement.where(Export.id < last.scalar_subquery())
    found = list(db.session.scalars(statement.order_by(Export.id.desc()).limit(PAGE_SIZE + 1)))
    page = found[:PAGE_SIZE]
    return page, page[-1].public_id if len(found) > PAGE_SIZE else ""


def downloads_of(export: Export) -> list[ExportDownload]:
    """The latest downloads of one export, newest first."""
    return list(
        db.session.scalars(
            select(ExportDownload)
            .where(ExportDownload.export_id == export.id)
            .order_by(ExportDownload.id.desc())
            .limit(20)
        )
    )
