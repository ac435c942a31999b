"""Contacts and list memberships in hash partitions by account (PostgreSQL), made of the tables that there are.

Everything of the old tables is read from the catalog and made again by its own definition: columns, defaults, keys,
indexes, triggers, rights. So whatever a migration gave them is there afterwards, under the same names.
"""

from typing import Any

from sqlalchemy import Connection

from extensions import db
from services.unit_of_work import write

TABLES = ("contacts", "list_memberships")  # what is referred to first


class NotPossible(RuntimeError):
    """Says why."""


def partition(count: int) -> int:
    """Convert both tables, in one transaction during which nobody reads or writes them. Returns the contacts moved."""
    if db.engine.dialect.name != "postgresql":
        raise NotPossible("Only PostgreSQL has partitions.")
    with write() as session:
        connection = session.connection()
        _run(connection, "LOCK TABLE contacts, list_memberships IN ACCESS EXCLUSIVE MODE")
        if "p" in _values(
            connection, "SELECT relkind FROM pg_class WHERE oid = ANY(%(tables)s::text[]::regclass[])"
        ):
            raise NotPossible("The contacts are partitioned already.")
        afterwards = [
            line
            for kind in (_KEYS, _REFERENCES, _INDEXES, _TRIGGERS, _RIGHTS)
            for line in _values(connection, kind)
        ]
        for table in TABLES:
            _move(connection, table, count)
        _run(connection, "ALTER SEQUENCE contacts_id_seq OWNED BY contacts.id")
        for table in reversed(TABLES):
            _run(connection, f"DROP TABLE {table}_whole")
        for line in afterwards:
            _run(connection, line)
        moved = int(_values(connection, "SELECT count(*) FROM contacts")[0])
    with db.engine.connect() as connection:
        for table in TABLES:
            _run(connection, f"ANALYZE {table}")
    return moved


def _move(connection: Connection, table: str, count: int) -> None:
    _run(connection, f"ALTER TABLE {table} RENAME TO {table}_whole")
    _run(
        connection,
        f"CREATE TABLE {table} (LIKE {table}_whole INCLUDING DEFAULTS INCLUDING STORAGE)"
        " PARTITION BY HASH (account_id)",
    )
    for number in range(count):
        _run(
            connection,
            f"CREATE TABLE {table}_p{number:03} PARTITION OF {table}"
            f" FOR VALUES WITH (MODULUS {count}, REMAINDER {number})",
        )
    _run(connection, f"INSERT INTO {table} SELECT * FROM {table}_whole")  # noqa: S608  # own names only


# Statements that make each thing again. Primary and unique keys come before what refers to them.
_CONSTRAINTS = (
    "SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))"
    " FROM pg_constraint WHERE conrelid = ANY(%(tables)s::text[]::regclass[])"
)
_KEYS = f"{_CONSTRAINTS} AND contype IN ('p', 'u', 'c') ORDER BY conrelid, conname"
_REFERENCES = f"{_CONSTRAINTS} AND contype = 'f' ORDER BY conrelid, conname"
_INDEXES = (
    "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = ANY(%(tables)s::text[]::regclass[])"
    " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)"
)
_TRIGGERS = (
    "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
    " WHERE NOT tgisinternal AND tgrelid = ANY(%(tables)s::text[]::regclass[])"
)
_RIGHTS = (
    "SELECT format('GRANT %%s ON %%s TO %%s', r.privilege_type, c.oid::regclass,"
    " CASE WHEN r.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END)"
    " FROM pg_class AS c, aclexplode(c.relacl) AS r"
    " WHERE c.oid = ANY(%(tables)s::text[]::regclass[]) AND r.grantee <> c.relowner"
)


def _values(connection: Connection, statement: str) -> list[Any]:
    given = {"tables": list(TABLES)} if "%(tables)s" in statement else {}
    return list(connection.exec_driver_sql(statement, given).scalars())


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
