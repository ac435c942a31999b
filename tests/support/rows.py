"""Rows of the database: all of them, to see what a request changed or what a copy would tell; and those of the log."""

from typing import Any

from sqlalchemy import select

from extensions import db
from models import AuditEvent
from services.audit import Event
from tests.support.site import Site

Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


def snapshot(site: Site) -> Rows:
    """table -> primary key -> the row, column by column."""
    found: Rows = {}
    with site.context():
        for table in db.metadata.sorted_tables:
            keys = [column.name for column in table.primary_key]
            rows = db.session.execute(select(table)).mappings()
            found[table.name] = {tuple(row[key] for key in keys): dict(row) for row in rows}
    return found


def changes(before: Rows, after: Rows) -> set[str]:
    """What differs, as "table.column" for a changed row, "+table" and "-table" for one that came or went."""
    found = set()
    for table, rows in after.items():
        old = before[table]
        found |= {f"+{table}" for key in rows if key not in old}
        found |= {f"-{table}" for key in old if key not in rows}
        for key in rows.keys() & old.keys():
            found |= {f"{table}.{name}" for name, value in rows[key].items() if value != old[key][name]}
    return found


def events(site: Site, kind: Event) -> list[AuditEvent]:
    """Every event of that kind, in whatever chain."""
    with site.context():
        found = list(db.session.scalars(select(AuditEvent).where(AuditEvent.event == kind)))
        db.session.expunge_all()
        return found
