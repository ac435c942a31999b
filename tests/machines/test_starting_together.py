"""Machines that start at the same moment on a new database."""

from functools import partial
from pathlib import Path

import pytest

import config
from services.wake_queue import open_queue
from tests.conftest import FAST
from tests.machines.machines import plain
from tests.support.at_once import at_once
from tests.support.postgres_databases import Server


@pytest.mark.parametrize("_", range(3))
def test_each_of_four_finds_the_queue_ready(postgres_server: Server, tmp_path: Path, _: int) -> None:
    """Without their taking turns one of them was refused in fourteen of fifteen tries."""
    with postgres_server.database() as url:
        settings = config.load(
            {**FAST, "DATABASE_URL": url, "QUEUE_URL": plain(url), "INSTANCE_PATH": str(tmp_path)}
        )

        def start() -> int:
            huey = open_queue(settings, tmp_path / "none", lambda kind, row_id: None)
            found = int(huey.pending_count())
            huey.storage.close()
            return found

        assert at_once(*[partial(start)] * 4) == [0] * 4
