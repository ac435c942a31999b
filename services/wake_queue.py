"""huey, made small: one task, "this row is waiting", in a queue that may be lost at any moment."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import PostgresHuey, RedisHuey, SqliteHuey
from huey.api import Huey
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import PostgresStorage, SqliteStorage
from redis import ConnectionPool
from sqlalchemy import make_url

from config import Settings

NAME = "countersign"
#: A page waits this long at most for a queue that does not answer (and then not again for a while).
_CONNECT_SECONDS = 2


class _JsonSerializer(Serializer):
    """A wake is three words. With huey's pickles, whoever can write to the queue could run code in the worker."""

    def _serialize(self, data: Any) -> bytes:
        if not isinstance(data, Message):
            return json.dumps(data).encode()
        return json.dumps([data.id, data.name, list(data.args)]).encode()

    def _deserialize(self, data: bytes) -> Any:
        task_id, name, (kind, row_id) = json.loads(bytes(data))
        return Message(
            id=task_id, name=name, args=(str(kind), int(row_id)), kwargs={}, retries=0, retry_delay=0
        )


class _SqliteWakes(SqliteStorage):
    """Without an fsync for each wake: after a power cut the last ones may be gone, and the sweep finds their rows."""

    def _create_connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._create_connection()
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


class _PostgresWakes(PostgresStorage):
    """Machines that start together make the tables one after the other: PostgreSQL refuses the second of two who find
    at the same moment that there are none."""

    def initialize_schema(self) -> None:
        self.ddl: list[str] = [f"select pg_advisory_xact_lock(hashtext('{NAME} queue'))", *self.ddl]
        super().initialize_schema()


def open_queue(settings: Settings, file: Path, handle: Callable[[str, int], None]) -> Huey:
    """The queue of QUEUE_URL with its one task registered; tables are made where there are none.

    ``file`` is where it goes when QUEUE_URL is empty. Raises whatever its driver raises when it cannot be reached.
    """
    huey = _open(settings.queue_url, file)

    @huey.task(name="wake")
    def wake(kind: str, row_id: int) -> None:
        handle(kind, row_id)

    huey.wake_task = wake
    return huey


def _open(url: str, file: Path) -> Huey:
    common: dict[str, Any] = {"name": NAME, "results": False, "serializer": _JsonSerializer()}
    if not url:
        file.parent.mkdir(parents=True, exist_ok=True)
        return SqliteHuey(**common, storage_class=_SqliteWakes, filename=str(file), timeout=_CONNECT_SECONDS)
    if url.startswith("postgresql"):
        # libpq knows nothing of SQLAlchemy's "+driver".
        dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        # Nothing prepared for later: a web process, which only tells of rows, may go by way of PgBouncer.
        options = {"connect_timeout": _CONNECT_SECONDS, "prepare_threshold": None}
        return PostgresHuey(**common, storage_class=_PostgresWakes, dsn=dsn, table_prefix="wake", **options)
    pool = ConnectionPool.from_url(url, socket_connect_timeout=_CONNECT_SECONDS, socket_timeout=10)
    return RedisHuey(**common, connection_pool=pool)
