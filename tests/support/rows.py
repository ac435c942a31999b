"""All rows of the database, to see what a request changed and what a copy of the database would tell."""

from typing import Any

from sqlalchemy import select

from extensions import db
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
