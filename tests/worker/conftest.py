"""Workers as processes, and messages for them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from models import Message, User
from services.outbox import queue_sms
from services.unit_of_work import write
from tests.support.site import Site
from tests.support.worker_process import WorkerProcess

StartWorker = Callable[..., WorkerProcess]


@pytest.fixture
def start_worker(environment: dict[str, str], tmp_path: Path) -> Iterator[StartWorker]:
    """``with start_worker(): ...``; keyword arguments are settings beside the site's own."""
    started: list[WorkerProcess] = []

    def start(**changed: str) -> WorkerProcess:
        started.append(
            WorkerProcess({**environment, "LOG_LEVEL": "INFO", **changed}, tmp_path / "worker.log")
        )
        return started[-1]

    yield start
    for process in started:
        process.__exit__()


@pytest.fixture
def user(site: Site) -> User:
    found: User = site.world.acme()[1]
    return found


def queue_texts(site: Site, user: User, count: int) -> list[str]:
    """Promise texts in one transaction, and wake the worker for each. Returns their public ids."""
    with site.context(), write():
        return [queue_sms("two_factor_on", to="+447400123456", user=user).public_id for _ in range(count)]


def ids_in_outbox(site: Site) -> list[str]:
    path = site.settings.sms_outbox
    return [json.loads(line)["id"] for line in path.read_text().splitlines()] if path.exists() else []


def let_leases_run_out(site: Site) -> None:
    """A minute passes for the rows that a dead worker held."""
    with site.context(), write() as session:
        session.execute(
            update(Message)
            .where(Message.lease_until.is_not(None))
            .values(lease_until=Message.created_at)
            .execution_options(synchronize_session=False)
        )
