"""A running PostgreSQL server, and the databases that tests make on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

import psycopg
from sqlalchemy.engine import URL, make_url


class Server:
    """A running server, ours or a given one, and the databases on it."""

    def __init__(self, url: str | URL) -> None:
        """`url` is of SQLAlchemy's form and names a database to connect to for making others."""
        self._url = make_url(url).set(drivername="postgresql+psycopg")

    def url(self, database: str | None = None) -> str:
        """SQLAlchemy URL (`postgresql+psycopg://...`) of a database on this server."""
        url = self._url if database is None else self._url.set(database=database)
        return url.render_as_string(hide_password=False)

    def conninfo(self, database: str | None = None) -> str:
        """The same for psycopg and psql (`postgresql://...`)."""
        return self.url(database).replace("postgresql+psycopg://", "postgresql://", 1)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make an empty database, or a copy of `template`; returns its URL."""
        self._execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, ending the connections that are still open to it."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """URL of a new database of its own name, gone at the end."""
        name = f"test_{token_hex(8)}"
        try:
            yield self.create_database(name, template)
        finally:
            self.drop_database(name)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(statement.encode())
