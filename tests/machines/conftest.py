"""The site on several machines, made once for a module."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.machines.machines import Machines
from tests.support.doomed_worker import Nursery
from tests.support.postgres_databases import Server
from tests.support.vonage_standin import VonageStandin


@contextmanager
def machines(folder: Path, database_url: str, **shared: str) -> Iterator[Machines]:
    """No machine runs yet. Shared are the database and the storage, and nothing else."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("NO_PROXY", "127.0.0.1")
        vonage = stack.enter_context(VonageStandin())
        nursery = stack.enter_context(Nursery())
        storage = folder / "storage"
        storage.mkdir()
        queue = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        found = Machines(
            folder, nursery, vonage,
            **{"DATABASE_URL": database_url, "QUEUE_URL": queue, "STORAGE_URL": storage.as_uri(), **shared},
        )  # fmt: skip
        stack.callback(found.close)
        yield found


@pytest.fixture(scope="module")
def own_database(postgres_server: Server, migrated_postgres: str) -> Iterator[str]:
    with postgres_server.database(migrated_postgres) as url:
        yield url
