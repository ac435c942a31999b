"""Which constraint a refused statement broke, by the name that models and migrations give it."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.exc import IntegrityError

from extensions import db

_UNIQUE = "UNIQUE constraint failed: "
_CHECK = "CHECK constraint failed: "


def violated(refusal: IntegrityError) -> str:
    """Such as "uq_users_email"; "" where the database names none (SQLite: foreign keys; both: NOT NULL).

    PostgreSQL says the name. SQLite says it of a CHECK only: of a unique constraint or index it lists the columns
    (https://sqlite.org/rescode.html#constraint_unique), by which the name is found in the models.
    """
    diagnosis = getattr(refusal.orig, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name or ""
    told = str(refusal.orig)
    if told.startswith(_CHECK):
        return told.removeprefix(_CHECK)
    if told.startswith(_UNIQUE):
        return _of_columns(told.removeprefix(_UNIQUE))
    return ""


def _of_columns(told: str) -> str:
    """``told``: "contacts.account_id, contacts.email", in the order of the constraint."""
    table_name = told.partition(".")[0]
    table = db.metadata.tables.get(table_name)
    if table is None:
        return ""
    columns = [column.partition(".")[2] for column in told.split(", ")]
    for rule in table.constraints:
        if isinstance(rule, UniqueConstraint) and rule.columns.keys() == columns:
            return str(rule.name)
    for index in table.indexes:
        if index.unique and index.columns.keys() == columns:
            return str(index.name)
    return str(table.primary_key.name) if table.primary_key.columns.keys() == columns else ""
