"""What each kind of database needs before the first statement."""

from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import Engine, event

from config import Settings
from extensions import db
from services import connection_checks

#: How long a SQLite writer waits for another (milliseconds).
_BUSY_TIMEOUT = 15_000


def prepare(app: Flask, settings: Settings) -> None:
    if settings.database_url.startswith("sqlite"):
        settings.instance_path.mkdir(parents=True, exist_ok=True)
    with app.app_context():
        engine: Engine = db.engine
        set_up(engine)


def set_up(engine: Engine) -> None:
    """For every engine of the site, before its first connection."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    else:
        event.listen(engine, "connect", _notice_pooler)
        connection_checks.watch(engine)


def _set_up_sqlite(connection: Any, _: Any) -> None:
    """WAL lets readers go on while one writes; foreign keys are off unless asked for."""
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT}",
        "journal_mode = WAL",
        "synchronous = FULL",  # a promised message must survive a power cut
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "secure_delete = ON",  # a key that dies is not left in free pages
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _notice_pooler(connection: psycopg.Connection[Any], _: Any) -> None:
    """Behind a pooler (PgBouncer) each transaction may have another server: nothing is prepared on one for later.

    A pooler shows itself: it gives its clients keys of its own to cancel by, so the number of the server's process in
    ours is not that of the process that answers. Without one, prepared statements save the database a good half of a
    page's work (docs/decisions/0024).
    """
    told = connection.execute("SELECT pg_backend_pid()").fetchone()
    if told != (connection.info.backend_pid,):
        connection.prepare_threshold = None
