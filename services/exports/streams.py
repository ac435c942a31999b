"""The bytes of an export, in constant memory: UTF-8 without a BOM, RFC 4180 (CRLF, every cell quoted), a header row.

Both databases give the same bytes for the same contacts. A stream that fails raises: it never just ends.
"""

from collections.abc import Iterator

from sqlalchemy import Engine

from models.export import Export
from services.csv_guard import guard
from services.csv_lines import csv_lines
from services.exports import from_postgres, from_sqlite
from services.exports.tally import CHUNK, BrokenStream, Tally

__all__ = ["CHUNK", "BrokenStream", "Tally", "chunks", "header"]


def chunks(engine: Engine, export: Export, tally: Tally) -> Iterator[bytes]:
    """The file in pieces of about 64 KiB (SQLite: of 500 rows). Close the iterator to end the query early."""
    rows_of = from_postgres.rows_of if engine.dialect.name == "postgresql" else from_sqlite.rows_of
    return rows_of(engine, export, header(export), tally)


def header(export: Export) -> bytes:
    return csv_lines([[guard(name) for name in export.columns]]).encode()
