"""The rows of an export from SQLite, which writes the lines itself: one object of Python a row in place of one a cell.

What its statement leaves undone is done on whole chunks: the guard against formulas and the line ends.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from sqlalchemy import Engine

from models.export import Export
from services.csv_guard import guard_cells
from services.exports.statements import data_fields, reads_json_whole, sqlite_select
from services.exports.tally import Tally

_ROWS_AT_ONCE = 500

#: Stands between two lines until the guard has seen them: no UTF-8 text holds this byte.
_BETWEEN = b"\xff"


def rows_of(engine: Engine, export: Export, head: bytes, tally: Tally) -> Iterator[bytes]:
    """The file in pieces of 500 rows, ``head`` before the first."""
    statement, parameters = sqlite_select(export)
    lines = _joined(data_fields(export)) if reads_json_whole(export) else chain.from_iterable
    proxied = engine.raw_connection()
    try:
        cursor = proxied.cursor()
        try:
            # One statement is one snapshot: in WAL mode writers go on beside it.
            cursor.execute(statement, parameters)
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                cells = guard_cells(_BETWEEN.join(lines(rows)))
                tally.rows += len(rows)
                # Each line begins with a comma.
                yield head + cells.replace(_BETWEEN + b",", b"\r\n")[1:] + b"\r\n"
                head = b""
            if head:
                yield head
        finally:
            cursor.close()
    finally:
        proxied.close()


def _joined(names: list[str]) -> Callable[[Iterable[Any]], Iterator[bytes]]:
    """A function from rows of (cells before the data fields, their JSON, cells after them) to lines."""

    def lines(rows: Iterable[Any]) -> Iterator[bytes]:
        for before, data, after in rows:
            values = json.loads(data)
            cells = [values.get(name, "") for name in names]
            if "\\" in data:  # JSON knows no other way to write a quote
                cells = [cell.replace('"', '""') for cell in cells]
            yield before + b',"' + '","'.join(cells).encode() + b'"' + after

    return lines
