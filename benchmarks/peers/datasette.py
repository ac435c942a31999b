"""datasette, which streams a table of a SQLite file as CSV. Data fields stay one JSON cell, without a guard."""

import sqlite3
from pathlib import Path

from benchmarks import peers
from benchmarks.figures import Contestant
from benchmarks.jobs import Setting
from benchmarks.servers import WebServer


def served(setting: Setting, folder: Path, path: Path) -> Contestant:
    """datasette"""
    program = peers.python().with_name("datasette")
    rows, few = setting.slow_rows, folder / "few.sqlite3"
    with sqlite3.connect(few) as connection:
        connection.execute("ATTACH ? AS whole", (str(path),))
        connection.execute(
            "CREATE TABLE contacts (id INTEGER PRIMARY KEY, email, mobile, opt_in_type, email_type, status, data,"
            " created_at, updated_at)"
        )
        connection.execute(
            "INSERT INTO contacts SELECT id, email, mobile, opt_in_type, email_type, status, data, created_at,"
            " updated_at FROM whole.contacts ORDER BY id LIMIT ?", (rows,),
        )  # fmt: skip
    connection.close()
    command = [
        str(program),
        "serve",
        str(few),
        "-h",
        "127.0.0.1",
        "-p",
        "{port}",
        "--setting",
        "max_csv_mb",
        "0",
    ]
    server = setting.stack.enter_context(WebServer(command, {}, folder / "datasette.log"))
    server.download("/few/contacts.csv?_size=10")
    return Contestant(
        "datasette",
        lambda: server.download("/few/contacts.csv?_stream=on&_size=max"),
        rows,
        "datasette, `_stream=on`",
    )
