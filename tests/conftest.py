"""The site under test, on SQLite and on PostgreSQL: every test that asks for `site` runs twice."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask_migrate import upgrade
from jinja2 import BytecodeCache

import config
from app import create_app
from extensions import db
from services import language
from services.exports import downloads
from services.exports.places import Places
from tests.support.kept_database import KeptDatabase
from tests.support.postgres_databases import Server
from tests.support.site import Site

pytest_plugins = [
    "tests.support.compiled_once",
    "tests.support.folders_in_memory",
    "tests.support.postgres_plugin",
    "tests.support.chromium_plugin",
]

#: Cheap hashes: a test that signs in twenty times should take no second for it.
FAST = {
    "APP_ENV": "testing",
    "SECRET_KEY": "a key for tests only, 32 bytes or more",
    "ARGON2_MEMORY_MIB": "8",
    "PASSWORDS_IN_HAND": "500",  # tests sign in by the twenty at once
    "PUBLIC_URL": "http://localhost",
    "LOG_LEVEL": "WARNING",
}


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file at head, copied for every test."""
    path = tmp_path_factory.mktemp("template") / "site.sqlite3"
    _migrate(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a PostgreSQL database at head, the template of every test's own."""
    with postgres_server.database() as url:
        _migrate(url, tmp_path_factory.mktemp("template"))
        yield url.rsplit("/", 1)[1].partition("?")[0]


def _migrate(url: str, instance: Path) -> None:
    settings = config.load({**FAST, "DATABASE_URL": url, "INSTANCE_PATH": str(instance)})
    app = create_app(settings)
    with app.app_context():
        upgrade()
        db.engine.dispose()


@pytest.fixture(scope="session")
def kept_postgres(postgres_server: Server, migrated_postgres: str) -> Iterator[KeptDatabase]:
    """The database that the tests of this process use one after the other."""
    kept = KeptDatabase(postgres_server, migrated_postgres)
    yield kept
    kept.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database at head."""
    if request.param == "sqlite":
        path = tmp_path / "site.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
    else:
        with request.getfixturevalue("kept_postgres").emptied() as url:
            yield url


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """What a process of this test's site is started with."""
    return {**FAST, "DATABASE_URL": database_url, "INSTANCE_PATH": str(tmp_path)}


@pytest.fixture
def make_site(
    environment: dict[str, str], compiled_templates: BytecodeCache
) -> Iterator[Callable[..., Site]]:
    """Sites on this test's database, each with settings of its own: ``make_site(CODE_LIFETIME="60")``."""
    apps: list[Flask] = []

    def make(**changed: str) -> Site:
        app = create_app(config.load({**environment, **changed}))
        app.jinja_env.bytecode_cache = compiled_templates
        apps.append(app)
        return Site(app)

    yield make
    for app in apps:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(autouse=True)
def english() -> None:
    """A test that read a page in another language leaves it to nobody: its thread goes on speaking it."""
    language.speak(None)


@pytest.fixture(autouse=True)
def own_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a web process of its own: a file that another test asked for and never read takes no place here."""
    monkeypatch.setattr(downloads, "_places", Places(downloads.AT_ONCE_HERE))


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def app(site: Site) -> Flask:
    return site.app


@pytest.fixture
def time_machine_at() -> Iterator[Callable[..., None]]:
    """Move the clock on, by ``timedelta``'s keywords; each call adds to the last. It stands still in between."""
    travellers: list[time_machine.travel] = []

    def move(**distance: float) -> None:
        # From the moment of the call: what was done before it, on a slow machine, is not in the future.
        moment = datetime.now(UTC) + timedelta(**distance)
        traveller = time_machine.travel(moment, tick=False)
        traveller.start()
        travellers.append(traveller)

    yield move
    for traveller in reversed(travellers):
        traveller.stop()
