"""What became of a file: its counts, and the rows that were refused."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models.account import Account
from models.contact_import import ContactImport, RefusedRow

_RECENT = 10
_AT_ONCE = 500


class Refused(NamedTuple):
    """A row that did not come in: the line where it begins, why, and its text as CSV."""

    line: int
    reason: str
    raw: str


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


def refused(found: ContactImport, *, limit: int) -> list[Refused]:
    """The first ``limit`` refused rows, by their line."""
    return _refused(found, limit, after=0)


def every_refused(found: ContactImport) -> Iterator[Refused]:
    """All of them, a few hundred in memory at a time."""
    rows = _refused(found, _AT_ONCE, after=0)
    while rows:
        yield from rows
        rows = _refused(found, _AT_ONCE, after=rows[-1].line)


def _refused(found: ContactImport, limit: int, *, after: int) -> list[Refused]:
    rows = db.session.execute(
        select(RefusedRow.line, RefusedRow.reason, RefusedRow.raw)
        .where(RefusedRow.import_id == found.id, RefusedRow.line > after)
        .order_by(RefusedRow.line)
        .limit(limit)
    )
    return [Refused(*row) for row in rows]
