"""A contact on its way into the database, as eight texts. An empty one says nothing: what is there stays."""

import json
from datetime import datetime

from services.imports.rows import Incoming

#: email, mobile, opt-in type, email type, status, data (JSON, always there), created, updated (UTC, as ``stamp``).
Row = tuple[str, str, str, str, str, str, str, str]

_encode = json.JSONEncoder(ensure_ascii=False).encode


def row_of(one: Incoming) -> Row:
    return (
        one.email, one.mobile or "", one.opt_in_type or "", one.email_type or "", one.status or "",
        _encode(one.data or {}), stamp(one.created_at), stamp(one.updated_at),
    )  # fmt: skip


def together(earlier: Row, later: Row) -> Row:
    """Two rows about one address as one. The later wins where it says something; who was created stays so."""
    email, mobile, opt_in_type, email_type, status, data, created, updated = later
    return (
        email, mobile or earlier[1], opt_in_type or earlier[2], email_type or earlier[3], status or earlier[4],
        data if data == earlier[5] else _encode(json.loads(earlier[5]) | json.loads(data)),
        earlier[6] or created, updated or earlier[7],
    )  # fmt: skip


def stamp(moment: datetime | None) -> str:
    """``2026-01-02 03:04:05.000000`` of a moment in UTC, as SQLite keeps it; "" for none."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds") if moment else ""
