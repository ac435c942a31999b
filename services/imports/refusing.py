"""Refused rows of a batch into their table, in the caller's transaction: a file may be refused as a whole."""

from typing import Any

import psycopg
from sqlalchemy.orm import Session

from services.imports.merging import copy_text

_COPY = "COPY refused_rows (import_id, line, reason, raw) FROM STDIN"
_ADD = "INSERT INTO refused_rows (import_id, line, reason, raw) VALUES (?, ?, ?, ?)"
_AT_ONCE = 500


def keep(session: Session, import_id: int, refused: list[dict[str, Any]]) -> None:
    """``refused``: line, reason and raw of each, as Staged has them."""
    if not refused:
        return
    rows = [(import_id, one["line"], one["reason"], one["raw"]) for one in refused]
    connection: Any = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        connection.cursor().executemany(_ADD, rows)
        return
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for at in range(0, len(rows), _AT_ONCE):
            copy.write(copy_text([(str(a), str(b), c, d) for a, b, c, d in rows[at : at + _AT_ONCE]]))
