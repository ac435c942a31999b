"""The database that tests use one after the other is as new for each."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.kept_database import KeptDatabase
from tests.support.postgres_databases import Server


@pytest.fixture
def kept(postgres_server: Server, migrated_postgres: str) -> Iterator[KeptDatabase]:
    found = KeptDatabase(postgres_server, migrated_postgres)
    yield found
    found.close()


def run(url: str, statement: str) -> object:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else None


ROW = (
    "INSERT INTO audit_events (chain, number, event, outcome, at, actor_label, subject_label, address, user_agent, "
    "details, hash) VALUES ('site', 1, 'x', 'x', now(), '', '', '', '', '{}', '') RETURNING id"
)


def test_rows_are_gone_and_ids_begin_anew_though_the_site_itself_could_not_delete_them(
    kept: KeptDatabase,
) -> None:
    for _ in range(2):
        with kept.emptied() as url:
            assert run(url, "SELECT count(*) FROM audit_events") == [(0,)]
            assert run(url, ROW) == [(1,)]
            with pytest.raises(psycopg.Error):
                run(url, "DELETE FROM audit_events")


def test_who_is_still_connected_is_no_obstacle(kept: KeptDatabase) -> None:
    with kept.emptied() as url:
        forgotten = psycopg.connect(url.replace("+psycopg", ""))
        forgotten.execute("LOCK TABLE users")
    with kept.emptied() as again:
        assert again == url
    forgotten.close()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE users DROP COLUMN name",
        "DROP TRIGGER audit_events_append_only ON audit_events",
        "GRANT DELETE ON contacts TO PUBLIC",
        "CREATE TABLE more (x int)",
        "UPDATE alembic_version SET version_num = '0001'",
        "DROP INDEX ix_messages_due",
    ],
)
def test_what_a_test_did_to_the_schema_is_not_handed_on(kept: KeptDatabase, change: str) -> None:
    with kept.emptied() as url:
        run(url, change)
    with kept.emptied() as again:
        assert again != url
