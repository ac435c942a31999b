"""A site with very many contacts, the jobs that are measured on it, and the references."""

import csv
import json
import sqlite3
import subprocess
import time
from pathlib import Path

import psycopg
from flask_migrate import upgrade
from sqlalchemy import delete, select

import config
from app import create_app
from extensions import db
from models import Account, Contact, ContactImport, Job, User
from services.csv_guard import SUSPECT
from services.demo_contacts import contacts as demo_contacts
from services.exports import statements
from services.exports.fixing import Selection, fix
from services.exports.streams import Tally, chunks
from services.imports import intake
from services.imports import run as imports
from services.jobs import Lease
from services.unit_of_work import write
from tests.support.exporting import many_contacts
from tests.support.site import Site as TestSite

SQLITE = sqlite3.sqlite_version


class Site:
    """One application on one database. Every piece of work opens its own connections and closes them."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._settings = {
            "APP_ENV": "testing", "SECRET_KEY": "a key for benchmarks, 32 bytes or more", "LOG_LEVEL": "WARNING",
            "DATABASE_URL": database_url, "INSTANCE_PATH": str(folder), "PUBLIC_URL": "http://localhost",
            "ARGON2_MEMORY_MIB": "8", "LIMIT_IMPORTS_ACCOUNT": "10000/day", "LIMIT_EXPORTS_USER": "10000/hour",
        }  # fmt: skip
        self._site = TestSite(create_app(config.load(self._settings)))
        with self._site.context():
            upgrade()
        self._account, self._owner = self._site.world.acme(two_factor=False)

    def fill(self, count: int) -> None:
        many_contacts(self._site, self._account, count)
        with self._site.context():
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
            self._export = fix(Selection(self._account), self._columns(), self._owner)
        self._close()

    def export(self) -> float:
        """All of it, as the download does; returns the seconds until the first bytes."""
        begun, first = time.perf_counter(), 0.0
        with self._site.app.app_context():
            for _ in chunks(db.engine, self._export, Tally()):
                first = first or time.perf_counter() - begun
            db.engine.dispose()
        return first

    def guarded_select(self) -> str:
        """What the reference runs: the statement of the export, guard included."""
        with self._site.context():
            if db.engine.dialect.name == "postgresql":
                with db.engine.connect() as connection:
                    raw = connection.connection.driver_connection
                    text = statements.postgres_copy(self._export).as_string(raw)
                self._close()
                return text[len("COPY (") : text.index(") TO STDOUT")]
            text, parameters = statements.sqlite_select(self._export)
        for value in parameters:
            text = text.replace("?", "'" + value + "'" if isinstance(value, str) else str(value), 1)
        signs = ", ".join(f"char({ord(sign)})" for sign in sorted(SUSPECT - {"\0"}))
        fields = [f"coalesce(json_extract(c.data, '$.\"{name}\"'), '')" for name in self._fields()]
        for cell in ("c.email", "c.mobile", *fields):
            guarded = f"CASE WHEN substr({cell}, 1, 1) IN ({signs}) THEN char(39) || {cell} ELSE {cell} END"
            text = text.replace(f"{cell},", f"{guarded},", 1)
        return text

    def import_file(self, file: Path) -> None:
        """From the file on the disk to the last commit, as the worker does it."""
        with self._site.app.app_context():
            account, user = (
                db.session.get_one(Account, self._account.id),
                db.session.get_one(User, self._owner.id),
            )
            with file.open("rb") as stream:
                begun = intake.accept(stream, file.name, None, user, account)
            with write() as session:
                job = session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()
                job.state, job.attempts = "running", 1
            imports.run_import(job, Lease(job))
            done = db.session.get_one(ContactImport, begun.id, populate_existing=True)
            assert done.added == done.rows_read, "the import did not add every row"
            db.session.remove()
            db.engine.dispose()

    def forget_imported(self) -> None:
        with self._site.context():
            with write() as session:
                session.execute(delete(Contact).where(Contact.email.not_like("person-%")))
            with db.engine.connect() as connection:
                connection.exec_driver_sql("VACUUM contacts")
        self._close()

    def _columns(self) -> list[str]:
        return [
            "Email",
            "Mobile",
            "OptInType",
            "EmailType",
            "Status",
            *self._fields(),
            "DateCreated",
            "LastUpdated",
        ]

    def _fields(self) -> list[str]:
        return ["FIRSTNAME", "LASTNAME", "FULLNAME", "POSTCODE"]

    def _close(self) -> None:
        with self._site.app.app_context():
            db.engine.dispose()


_STAGE = "CREATE TEMPORARY TABLE stage (email text, mobile text, status text, data jsonb) ON COMMIT DROP"
_MERGE = """
INSERT INTO floor (id, account_id, email, mobile, opt_in_type, email_type, status, data, created_at, updated_at)
SELECT nextval(pg_get_serial_sequence('contacts', 'id')), 1, lower(email), coalesce(mobile, ''), 'Unknown', 'Html',
       status, data, now(), now()
FROM stage ON CONFLICT (account_id, email) DO UPDATE SET data = floor.data || excluded.data
"""


class PlainMerge:
    """The floor of an import: rows that need no look go by COPY into a stage and by one statement into a table."""

    def __init__(self, conninfo: str, file: Path) -> None:
        self._conninfo = conninfo
        self._rows = file.with_suffix(".stage.csv")
        with file.open(newline="") as source, self._rows.open("w", newline="") as target:
            writer = csv.writer(target)
            for row in csv.DictReader(source):
                data = json.dumps({"FIRSTNAME": row["FIRSTNAME"], "CITY": row["CITY"]})
                writer.writerow([row["Email"], row["Mobile"], row["Status"], data])
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("CREATE TABLE floor (LIKE contacts INCLUDING ALL)")

    def clear(self) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute("TRUNCATE floor")

    def run(self) -> None:
        with psycopg.connect(self._conninfo) as connection, connection.cursor() as cursor:
            cursor.execute(_STAGE)
            with self._rows.open("rb") as file, cursor.copy("COPY stage FROM STDIN (FORMAT csv)") as copy:
                while block := file.read(1 << 16):
                    copy.write(block)
            cursor.execute(_MERGE)


def csv_file(path: Path, count: int) -> Path:
    """A file of people who are not there yet."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Email", "Mobile", "Status", "FIRSTNAME", "CITY"])
        for one in demo_contacts(count, seed=5):
            data = one.data or {}
            writer.writerow([one.email, one.mobile or "", one.status, data["FIRSTNAME"], data["CITY"]])
    return path


def run(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
