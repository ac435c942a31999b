"""Whether a pooled connection still stands, without asking the database each time.

A statement that only asks costs a page a round trip and a tenth of its time. A server that went away closes its
sockets, and the operating system knows: a closed one can be read from. What else goes wrong (a machine that vanished, a
firewall that forgot) does so while nothing is sent, so whoever was idle for a while is asked all the same.
"""

import select
import time
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

#: Seconds without use after which the database is asked.
IDLE = 5.0
_USED = "used_at"


def watch(engine: Engine) -> None:
    """For an engine of PostgreSQL; a SQLite file goes nowhere."""
    event.listen(engine, "checkout", _check)
    event.listen(engine, "checkin", _note)


def _note(_: Any, record: Any) -> None:
    record.info[_USED] = time.monotonic()


def _check(connection: psycopg.Connection[Any], record: Any, _: Any) -> None:
    """InvalidatePoolError has the pool open others."""
    used = record.info.get(_USED)
    if used is None:  # just opened
        return
    if (
        time.monotonic() - used < IDLE
        and not connection.closed
        and not _can_be_read(connection.pgconn.socket)
    ):
        return
    try:
        connection.execute("SELECT 1", prepare=False)
    except psycopg.Error as fault:
        raise InvalidatePoolError from fault


def _can_be_read(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLERR | select.POLLHUP)
    return bool(poll.poll(0))
