"""Runs migrations on the database of the application, on SQLite and PostgreSQL alike."""

from alembic import context
from flask import current_app

from extensions import Base, db


def include_object(thing: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """Autogenerate looks at our own tables only: the queue keeps its own beside them."""
    return not (kind == "table" and reflected and compare_to is None)


def run() -> None:
    # The application's connections commit each statement by themselves; a migration is one transaction, and leaves
    # its locks when the next one begins.
    level = "SERIALIZABLE" if db.engine.dialect.name == "sqlite" else "READ COMMITTED"
    with db.engine.connect().execution_options(isolation_level=level) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=include_object,
            transaction_per_migration=True,
            **{**current_app.extensions["migrate"].configure_args, "render_as_batch": True},
        )
        with context.begin_transaction():
            context.run_migrations()


run()
