"""A site with very many contacts, and the jobs that are measured on it."""

from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import select, text

import config
from app import create_app
from benchmarks.filling import FIELDS, fill
from benchmarks.floors import guarded_for_sqlite
from extensions import db
from models import Account, ContactImport, ContactList, Export, Job, User
from services.clock import now
from services.exports import statements
from services.imports import intake
from services.imports import run as imports
from services.jobs import Lease
from services.unit_of_work import write
from tests.support.exporting import cookies_of, fixed_export
from tests.support.site import Site as TestSite

COLUMNS = (
    "Email", "Mobile", "OptInType", "EmailType", "Status", *FIELDS, "DateCreated", "LastUpdated",
)  # fmt: skip


class Site:
    """One application on one database, with one account whose owner needs no code. ``settings``: by environment name,
    for a server of the same site."""

    def __init__(self, database_url: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = {
            "APP_ENV": "testing", "SECRET_KEY": "a key for benchmarks, 32 bytes or more", "LOG_LEVEL": "WARNING",
            "DATABASE_URL": database_url, "INSTANCE_PATH": str(folder), "PUBLIC_URL": "http://localhost",
            "ARGON2_MEMORY_MIB": "8", "LIMIT_IMPORTS_ACCOUNT": "10000/day", "LIMIT_EXPORTS_USER": "10000/hour",
            "EXPORT_LONG_ROWS": "1000000000",
        }  # fmt: skip
        self._site = TestSite(create_app(config.load(self.settings)))
        with self._site.context():
            upgrade()
        self._account, self._owner = self._site.world.acme(two_factor=False)
        self._close()

    @property
    def account_id(self) -> int:
        return self._account.id

    def fill(self, count: int) -> None:
        fill(self._site, self._account, count)
        self.analyze()

    def analyze(self) -> None:
        with self._site.context(), db.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
        self._close()

    def add_list(self, name: str, step: int) -> str:
        """A list with every ``step``-th contact; its id in addresses."""
        with self._site.context(), write() as session:
            listed = ContactList(account_id=self._account.id, name=name, created_at=now())
            session.add(listed)
            session.flush()
            session.execute(
                text(
                    "INSERT INTO list_memberships (account_id, list_id, contact_id, status)"
                    " SELECT account_id, :list, id, status FROM contacts"
                    " WHERE account_id = :account AND id % :step = 1 ORDER BY id"
                ),
                {"list": listed.id, "account": self._account.id, "step": step},
            )
            public_id = listed.public_id
        self._close()
        return public_id

    def fixed(self) -> tuple[str, dict[str, str]]:
        """A new export of everything: the path of its file, and the headers of who may have it."""
        browser = self._site.signed_in(self._owner)
        path = f"{fixed_export(browser, columns=list(COLUMNS))}/download"
        cookie = "; ".join(f"{name}={value}" for name, value in cookies_of(browser).items())
        self._close()
        return path, {"Cookie": cookie}

    def guarded_select(self) -> str:
        """What the reference runs: the statement of the export, guard included."""
        with self._site.context():
            if db.engine.dialect.name == "postgresql":
                export = db.session.scalars(select(Export).order_by(Export.id.desc()).limit(1)).one()
                with db.engine.connect() as connection:
                    raw = connection.connection.driver_connection
                    copy = statements.postgres_copy(export).as_string(raw)
                self._close()
                return copy[len("COPY (") : copy.index(") TO STDOUT")]
        return guarded_for_sqlite(self._account.id, FIELDS)

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
        """Contacts gone without a trace: rows that were only deleted would make the next import dearer."""
        with self._site.context(), db.engine.connect() as connection:
            connection.exec_driver_sql("TRUNCATE contacts CASCADE")
        self._close()

    def _close(self) -> None:
        with self._site.app.app_context():
            db.engine.dispose()
