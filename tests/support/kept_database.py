"""One PostgreSQL database for test after test: emptied in between, made anew after a test that changed more than rows.

Copying a template for each of a thousand tests took a fifth of the time of all tests.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.support.postgres_databases import Server

#: Everything but rows: tables, columns, indexes, rights, constraints, triggers, functions, what roles are given.
_SHAPE = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
    SELECT concat_ws(' ', 'class', c.oid::regclass, c.relkind, c.relowner, c.relacl) FROM pg_class c
        WHERE c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_|^information_schema$')
    UNION ALL SELECT concat_ws(' ', 'column', attrelid::regclass, attname, atttypid, atttypmod, attnotnull)
        FROM pg_attribute WHERE attnum > 0 AND attrelid >= 16384
    UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'trigger', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger
    UNION ALL SELECT concat_ws(' ', 'function', proname, proacl, prosrc) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'schema', nspname, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT concat_ws(' ', 'default', defaclrole, defaclacl) FROM pg_default_acl
    UNION ALL SELECT concat_ws(' ', 'extension', extname) FROM pg_extension
    UNION ALL SELECT concat_ws(' ', 'setting', setconfig) FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT concat_ws(' ', 'revision', version_num) FROM alembic_version
) AS shape (line)
"""

#: What keeps the log from being changed is for the site; here it is out of force for the one who cleans.
_EMPTY = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica;
DO $$
DECLARE
    name text;
    filled boolean;
BEGIN
    FOR name IN SELECT quote_ident(tablename) FROM pg_tables
            WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO filled;
        IF filled THEN EXECUTE 'DELETE FROM ' || name; END IF;
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
END $$;
"""


class KeptDatabase:
    """``with kept.emptied() as url: ...``, one test at a time. Gone with ``close()``."""

    def __init__(self, server: Server, template: str) -> None:
        self._server = server
        self._template = template
        self._name = ""
        with psycopg.connect(server.conninfo(template), autocommit=True) as connection:
            self._shape = _shape(connection)

    @contextmanager
    def emptied(self) -> Iterator[str]:
        """URL of the database as the template is: nobody's rows, ids beginning at 1."""
        if not self._name:
            self._made = self._server.database(self._template)
            url = self._made.__enter__()
            self._name = url.rsplit("/", 1)[1].partition("?")[0]
        try:
            yield self._server.url(self._name)
        finally:
            self._clean()

    def close(self) -> None:
        if self._name:
            self._made.__exit__(None, None, None)
            self._name = ""

    def _clean(self) -> None:
        try:
            with psycopg.connect(self._server.conninfo(self._name), autocommit=True) as connection:
                connection.execute(_EMPTY.encode())
                changed = _shape(connection) != self._shape
        except psycopg.Error:  # the test killed more than it was given
            changed = True
        if changed:
            self.close()


def _shape(connection: psycopg.Connection) -> str:
    row = connection.execute(_SHAPE.encode()).fetchone()
    return str(row and row[0])
