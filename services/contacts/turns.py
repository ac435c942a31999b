"""Who writes contacts of an account takes a turn, so that no two hold rows that the other one waits for.

An import, the counts of lists and the removal of a data field reach the same rows in orders of their own.
"""

from sqlalchemy import func, select

from extensions import db


def take(account_id: int) -> None:
    """Until the surrounding write() ends; after the account's own lock, before any of its contacts, lists or counts.

    SQLite has one writer at a time anyway.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(account_id)))
