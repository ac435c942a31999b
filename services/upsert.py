"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy keeps in two places."""

from sqlalchemy.dialects import postgresql, sqlite

from extensions import db
from models.base import Model


def insert(table: type[Model]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT for the database of this site, with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    of_database = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return of_database(table)
