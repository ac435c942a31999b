"""The database of compose.yaml, its migration and the site: one role owns, the other works; also after a restore."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.exc import ProgrammingError

import config
from app import create_app
from deploy import make_secrets
from extensions import db
from services import readiness, self_trials
from tests.deploy.compose_file import ROOT, environment
from tests.support.postgres import LocalServer


@pytest.fixture
def server(compose: dict[str, Any], folder: Path, own_postgres: LocalServer) -> LocalServer:
    """In place of the container: another socket, and the owner as the image makes it. ``folder`` leads there."""
    for name in ("database_url", "database_owner_url", "queue_url"):
        path = folder / name
        there = f"?host={own_postgres.socket_folder}&port={own_postgres.port}"
        path.write_text(path.read_text().replace(f"?host={make_secrets.SOCKET}", there))
    user, database = (
        compose["services"]["db"]["environment"][one] for one in ("POSTGRES_USER", "POSTGRES_DB")
    )
    own_postgres._execute(f"CREATE ROLE {user} LOGIN SUPERUSER")
    own_postgres._execute(f"CREATE DATABASE {database} OWNER {user}")
    return own_postgres


def run(server: LocalServer, program: str, *arguments: str, **environ: str) -> None:
    """A program of PostgreSQL's, as the owner of the database."""
    connection = ["--host=127.0.0.1", f"--port={server.port}", "--username=countersign_owner"]
    subprocess.run(
        [server.binaries / program, *connection, *arguments],
        env={"PATH": "/usr/bin:/bin", **environ},
        check=True,
    )


def make_role(server: LocalServer, folder: Path) -> None:
    """As the image does it, when it starts with an empty folder."""
    run(
        server, "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=countersign",
        f"--file={ROOT / 'deploy/postgres/site-role.sql'}",
        SITE_PASSWORD_FILE=str(folder / "database_site_password"),
    )  # fmt: skip


@contextmanager
def started(settings: dict[str, str]) -> Iterator[Flask]:
    app = create_app(config.load(settings))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def looks_right(settings: dict[str, str]) -> None:
    with started(settings) as app:
        assert db.session.scalar(db.text("SELECT current_user")) == "countersign_site"
        assert readiness.faults() == []
        here = [one for one in self_trials.trials() if one.name in {"database", "queue", "storage"}]
        assert (len(here), self_trials.run(here, 30)) == (3, [])
        app.extensions["background"].huey.storage.close()


def test_database_migration_and_site_fit_together_also_after_a_restore(
    compose: dict[str, Any], folder: Path, server: LocalServer, tmp_path: Path
) -> None:
    make_role(server, folder)
    with started(environment(compose, "migrate", folder)):
        upgrade()
    for service in ("web", "worker"):
        looks_right(environment(compose, service, folder))

    dump = tmp_path / "countersign.dump"
    run(server, "pg_dump", "--format=custom", "--exclude-schema=wake", f"--file={dump}", "countersign")
    server.drop_database("countersign")
    server._execute("DROP ROLE countersign_site")
    server._execute("CREATE DATABASE countersign OWNER countersign_owner")
    make_role(server, folder)  # a new volume
    run(server, "pg_restore", "--exit-on-error", "--single-transaction", "--dbname=countersign", str(dump))
    looks_right(environment(compose, "web", folder))
    with (
        started(environment(compose, "web", folder)),
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        db.session.execute(db.text("DELETE FROM audit_events"))
