"""The rows of an export from PostgreSQL, which writes the CSV itself; the web process only passes bytes on."""

import select
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import pq
from sqlalchemy import Engine, PoolProxiedConnection

from models.export import Export
from services.exports.statements import postgres_copy
from services.exports.tally import CHUNK, BrokenStream, Tally

_CANCEL_SECONDS = 3.0

#: One snapshot; times as UTC; no just-in-time compilation, which costs 25 ms before the first row and wins nothing;
#: in the order of an index rather than sorted, so that the first row does not wait for the last; without helpers, which
#: a reader who stalls would hold up with it.
#: All of it ends with the transaction, so that the connection goes back as it came.
BEGIN = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off; SET LOCAL enable_sort = off;"
    " SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL timezone = 'UTC';"
    " SET LOCAL datestyle = 'ISO'; SET LOCAL statement_timeout = 0"
)


def rows_of(engine: Engine, export: Export, head: bytes, tally: Tally) -> Iterator[bytes]:
    proxied = engine.raw_connection()
    clean = False
    try:
        connection = _psycopg(proxied)
        connection.execute(BEGIN)
        _start_copy(connection, export)
        yield from _copied(connection.pgconn, head, tally)
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
    lines = bytearray()
    rows = sent = 0
    while True:
        size, line = get_copy_data(1)
        if size > 0:
            lines += line
            rows += 1
            if len(lines) >= CHUNK:
                tally.rows = rows
                yield head + _with_crlf(lines, rows - sent)
                head, sent = b"", rows
                lines.clear()
        elif size == 0:
            wait()
        else:
            break
    _check_end(pgconn, rows)
    tally.rows = rows
    if head or lines:
        yield head + _with_crlf(lines, rows - sent)


def _with_crlf(lines: bytearray, rows: int) -> bytes:
    """PostgreSQL ends a row with LF, RFC 4180 with CRLF. A line break within a cell stays as it is."""
    ended = bytes(lines.replace(b"\n", b"\r\n"))
    if len(ended) == len(lines) + rows:
        return ended  # as many line breaks as rows: none is within a cell
    parts: list[bytes] = []
    within = False
    for part in bytes(lines).split(b"\n"):
        within ^= part.count(b'"') % 2 == 1
        parts += (part, b"\n" if within else b"\r\n")
    return b"".join(parts[:-1])


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
