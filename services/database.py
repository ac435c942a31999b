"""What each kind of database needs before the first statement."""

from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from config import Settings
from extensions import db

#: How long a SQLite writer waits for another (milliseconds).
_BUSY_TIMEOUT = 15_000


def prepare(app: Flask, settings: Settings) -> None:
    if settings.database_url.startswith("sqlite"):
        settings.instance_path.mkdir(parents=True, exist_ok=True)
    with app.app_context():
        engine: Engine = db.engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _set_up_sqlite)


def _set_up_sqlite(connection: Any, _: Any) -> None:
    """WAL lets readers go on while one writes; foreign keys are off unless asked for."""
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT}",
        "journal_mode = WAL",
        "synchronous = FULL",  # a promised message must survive a power cut
        "foreign_keys = ON",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
