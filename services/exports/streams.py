"""The bytes of an export, in constant memory: UTF-8 without a BOM, RFC 4180 (CRLF, every cell quoted), a header row.

Both databases give the same bytes for the same contacts. A stream that fails raises: it never just ends.
"""

import json
import select
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import pq
from sqlalchemy import Engine, PoolProxiedConnection

from models.export import Export
from services.csv_guard import SUSPECT, guard
from services.csv_lines import csv_lines
from services.exports.columns import FIRST, LAST, TYPED
from services.exports.statements import postgres_copy, reads_json_whole, sqlite_select

CHUNK = 64 * 1024
_ROWS_AT_ONCE = 2000
_CANCEL_SECONDS = 3.0

#: One snapshot; times as UTC; no just-in-time compilation, which costs 25 ms before the first row and wins nothing;
#: in the order of an index rather than sorted, so that the first row does not wait for the last.
#: All of it ends with the transaction, so that the connection goes back as it came.
_BEGIN = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off; SET LOCAL enable_sort = off;"
    " SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL statement_timeout = 0"
)


class BrokenStream(Exception):
    """The database stopped in the middle, or told another number of rows than it sent."""


@dataclass
class Tally:
    """Rows in the chunks that were handed over."""

    rows: int = 0


def chunks(engine: Engine, export: Export, tally: Tally) -> Iterator[bytes]:
    """The file in pieces of about 64 KiB (SQLite: of 2000 rows). Close the iterator to end the query early."""
    of_database = _from_postgres if engine.dialect.name == "postgresql" else _from_sqlite
    return of_database(engine, export, tally)


def header(export: Export) -> bytes:
    return csv_lines([[guard(name) for name in export.columns]]).encode()


def _from_postgres(engine: Engine, export: Export, tally: Tally) -> Iterator[bytes]:
    proxied = engine.raw_connection()
    clean = False
    try:
        connection = _psycopg(proxied)
        connection.execute(_BEGIN)
        _start_copy(connection, export)
        yield from _copied(connection.pgconn, header(export), tally)
        connection.execute("COMMIT")
        clean = True
    finally:
        if clean:
            proxied.close()
        else:
            _abandon(proxied)


def _psycopg(proxied: PoolProxiedConnection) -> psycopg.Connection[Any]:
    connection = proxied.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101  # for the type checker
    connection.autocommit = True  # BEGIN and COMMIT are ours
    return connection


def _start_copy(connection: psycopg.Connection[Any], export: Export) -> None:
    pgconn = connection.pgconn
    pgconn.send_query(postgres_copy(export).as_bytes(connection))
    wait = _waiter(pgconn)
    while pgconn.is_busy():
        wait()
    result = pgconn.get_result()
    if result is None or result.status != pq.ExecStatus.COPY_OUT:
        raise _fault(pgconn, result)


def _copied(pgconn: "pq.abc.PGconn", head: bytes, tally: Tally) -> Iterator[bytes]:
    """Pass on what libpq receives: one message a row. Waiting happens in poll(), where other threads can run.

    libpq's own waiting would keep the interpreter's lock, and with it every other visitor.
    """
    wait = _waiter(pgconn)
    get_copy_data = pgconn.get_copy_data
    buffer = bytearray(head)
    rows = 0
    while True:
        size, data = get_copy_data(1)
        if size > 0:
            buffer += data[:-1]  # PostgreSQL ends a row with LF, RFC 4180 with CRLF
            buffer += b"\r\n"
            rows += 1
            if len(buffer) >= CHUNK:
                tally.rows = rows
                yield bytes(buffer)
                buffer.clear()
        elif size == 0:
            wait()
        else:
            break
    _check_end(pgconn, rows)
    tally.rows = rows
    if buffer:
        yield bytes(buffer)


def _waiter(pgconn: "pq.abc.PGconn") -> Callable[[], None]:
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN)

    def wait() -> None:
        poll.poll()
        pgconn.consume_input()

    return wait


def _check_end(pgconn: "pq.abc.PGconn", rows: int) -> None:
    result = pgconn.get_result()
    if result is None or result.status != pq.ExecStatus.COMMAND_OK:
        raise _fault(pgconn, result)
    if result.command_tuples != rows:
        raise BrokenStream(f"{result.command_tuples} rows were promised and {rows} came")
    while pgconn.get_result() is not None:
        pass


def _fault(pgconn: "pq.abc.PGconn", result: "pq.abc.PGresult | None") -> BrokenStream:
    """Only the kind of fault: the server's own text can quote the statement, and with it names of lists and fields."""
    state = result.error_field(pq.DiagnosticField.SQLSTATE) if result is not None else None
    return BrokenStream(f"COPY ended with SQLSTATE {(state or b'none').decode()}, connection {pgconn.status}")


def _abandon(proxied: PoolProxiedConnection) -> None:
    """End the query on the server, and never use this connection again."""
    connection = proxied.driver_connection
    try:
        if isinstance(connection, psycopg.Connection) and not connection.closed:
            connection.cancel_safe(timeout=_CANCEL_SECONDS)
    except psycopg.Error:
        pass  # the server is gone, and the query with it
    finally:
        proxied.invalidate()
        proxied.close()


def _from_sqlite(engine: Engine, export: Export, tally: Tally) -> Iterator[bytes]:
    statement, parameters = sqlite_select(export)
    clean = _cleaner(export)
    proxied = engine.raw_connection()
    try:
        cursor = proxied.cursor()
        try:
            # One statement is one snapshot: in WAL mode writers go on beside it.
            cursor.execute(statement, parameters)
            head = header(export)
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                text = csv_lines(map(clean, rows))
                tally.rows += len(rows)
                yield head + text.encode()
                head = b""
            if head:
                yield head
        finally:
            cursor.close()
    finally:
        proxied.close()


def _cleaner(export: Export) -> Callable[[tuple[Any, ...]], list[str]]:
    """A function from a row of SQLite to its cells: formulas guarded, times in ISO 8601."""
    names = export.columns
    times = [at for at, name in enumerate(names) if name in LAST]
    guarded = [
        at for at, name in enumerate(names) if name in TYPED or (name not in FIRST and name not in LAST)
    ]
    fields = [(at, name) for at, name in enumerate(names) if name not in FIRST and name not in LAST]
    whole = reads_json_whole(export)

    def clean(row: tuple[Any, ...]) -> list[str]:
        cells = list(row)
        if whole:
            data = json.loads(cells.pop())
            for at, name in fields:
                cells.insert(at, data.get(name, ""))
        for at in guarded:
            if cells[at][:1] in SUSPECT:
                cells[at] = guard(cells[at])
        for at in times:
            cells[at] = _iso(cells[at])
        return cells

    return clean


def _iso(stored: str) -> str:
    """``2026-11-24 07:08:00.120000`` -> ``2026-11-24T07:08:00.12Z``, as PostgreSQL prints it."""
    if "." in stored:
        stored = stored.rstrip("0").rstrip(".")
    return f"{stored[:10]}T{stored[11:]}Z"
