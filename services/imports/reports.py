"""What became of a file: its counts, and the rows that were refused."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models.account import Account
from models.contact_import import ContactImport, RefusedRow

_RECENT = 10
_AT_ONCE = 500


def find(account: Account, public_id: str) -> ContactImport | None:
    """An import of this account, with the person who began it."""
    return db.session.scalars(
        select(ContactImport)
        .where(ContactImport.account_id == account.id, ContactImport.public_id == public_id)
        .options(joinedload(ContactImport.user))
    ).one_or_none()


def recent(account: Account) -> list[ContactImport]:
    """The latest imports, newest first."""
    return list(
        db.session.scalars(
            select(ContactImport)
            .where(ContactImport.account_id == account.id)
            .options(joinedload(ContactImport.user))
            .order_by(ContactImport.id.desc())
            .limit(_RECENT)
        )
    )


def refused(found: ContactImport, *, limit: int, after: int = 0) -> list[RefusedRow]:
    """Refused rows by their line, those after line ``after``."""
    return list(
        db.session.scalars(
            select(RefusedRow)
            .where(RefusedRow.import_id == found.id, RefusedRow.line > after)
            .order_by(RefusedRow.line)
            .limit(limit)
        )
    )


def every_refused(found: ContactImport) -> Iterator[RefusedRow]:
    """All of them, a few hundred in memory at a time."""
    rows = refused(found, limit=_AT_ONCE)
    while rows:
        yield from rows
        db.session.expunge_all()
        rows = refused(found, limit=_AT_ONCE, after=rows[-1].line)
