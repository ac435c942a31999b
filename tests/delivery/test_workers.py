"""Real workers: they share the work, finish what is in hand, and hold up no code for anything else."""

import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from extensions import db
from models import User
from models.message import MessageEvent
from services.outbox import queue_mail
from services.unit_of_work import write
from tests.delivery.conftest import promise, states
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin
from tests.support.worker_process import WorkerProcess, wait_until

StartWorker = Callable[..., WorkerProcess]


@pytest.fixture
def start_worker(
    environment: dict[str, str], vonage_settings: dict[str, str], tmp_path: Path
) -> Iterator[StartWorker]:
    started: list[WorkerProcess] = []

    def start(**changed: str) -> WorkerProcess:
        log = tmp_path / f"worker-{len(started)}.log"
        started.append(WorkerProcess({**environment, **vonage_settings, "LOG_LEVEL": "INFO", **changed}, log))
        return started[-1]

    yield start
    for process in started:
        process.__exit__()


def who_took(site: Site) -> Counter[str]:
    """How many messages each process took."""
    with site.context():
        found = select(MessageEvent.detail).where(MessageEvent.event == "taken")
        return Counter(re.search(r"process \d+", detail)[0] for detail in db.session.scalars(found))  # type: ignore[index]


def test_two_workers_share_the_texts_and_each_goes_once_though_one_is_told_to_stop(
    vonage_site: Site, vonage: VonageStandin, owner: User, start_worker: StartWorker
) -> None:
    vonage.default = "slow:0.2"
    one, other = start_worker(WORKER_THREADS="4"), start_worker(WORKER_THREADS="4")
    with one, other:
        promise(vonage_site, owner, 60)
        wait_until(lambda: len(who_took(vonage_site)) == 2)
        assert one.stop() == 0
        assert "nothing was left in hand" in one.log
        wait_until(lambda: set(states(vonage_site)) == {"accepted"})
    sent = Counter(request.body["client_ref"] for request in vonage.requests)
    assert (len(sent), set(sent.values())) == (60, {1})
    assert sum(who_took(vonage_site).values()) == 60


def test_a_slow_mail_server_holds_up_no_code(
    vonage_site: Site, vonage: VonageStandin, owner: User, start_worker: StartWorker
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections are made, and nobody greets
        with vonage_site.context(), write():
            for _ in range(20):
                queue_mail("removed", to=owner.email, user=owner, account_name="Acme", by="Dana")
        mail = {"MAIL_GATEWAY": "smtp", "SMTP_URL": f"smtp://127.0.0.1:{silent.getsockname()[1]}?starttls=no"}
        with start_worker(**mail):
            wait_until(lambda: sum(who_took(vonage_site).values()) >= 4)  # all hands that mails have
            promise(vonage_site, owner, 3)
            wait_until(lambda: states(vonage_site) == ["accepted"] * 3)
            # Long before all mails had their turn: each holds its hand for ten seconds.
            assert sum(who_took(vonage_site).values()) < 20 + 3
