"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy keeps in two places."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from extensions import db
from models.base import Model


def insert(table: type[Model] | Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT for the database of this site, with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return insert_for(dialect(), table)


def insert_for(name: str, table: type[Model] | Table) -> postgresql.Insert | sqlite.Insert:
    return (postgresql.insert if name == "postgresql" else sqlite.insert)(table)


def dialect() -> str:
    """ "postgresql" or "sqlite"; also what a statement that is put together only once is kept by."""
    return db.session.get_bind().dialect.name
