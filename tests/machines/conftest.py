"""The site on several machines, made once for a module."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.machines.machines import Machines, plain
from tests.support.doomed_worker import Nursery
from tests.support.postgres_databases import Server
from tests.support.vonage_standin import VonageStandin

MakeMachines = Callable[..., AbstractContextManager[Machines]]


@contextmanager
def _machines(nursery: Nursery, folder: Path, database_url: str, **shared: str) -> Iterator[Machines]:
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("NO_PROXY", "127.0.0.1")
        vonage = stack.enter_context(VonageStandin())
        storage = folder / "storage"
        storage.mkdir()
        common = {
            "DATABASE_URL": database_url, "QUEUE_URL": plain(database_url), "STORAGE_URL": storage.as_uri(),
        }  # fmt: skip
        found = Machines(folder, nursery, vonage, **{**common, **shared})
        stack.callback(found.close)
        yield found


@pytest.fixture(scope="session")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeMachines]:
    """``with machines(database_url, NAME="of a setting") as made``: no machine runs yet.

    Shared are the database and the storage, and nothing else.
    """
    with Nursery() as nursery:
        yield lambda *url, **shared: _machines(nursery, tmp_path_factory.mktemp("machines"), *url, **shared)


@pytest.fixture(scope="module")
def own_database(postgres_server: Server, migrated_postgres: str) -> Iterator[str]:
    with postgres_server.database(migrated_postgres) as url:
        yield url
