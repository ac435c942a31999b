"""The worker as an operator meets it: starting, stopping, waking in time."""

import random
import signal
import statistics
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import make_url, select

from extensions import db
from models import Message, User
from tests.support.site import Site, _lines
from tests.support.worker_process import flask, wait_until
from tests.worker.conftest import StartWorker, ids_in_outbox, queue_texts


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_polite_signal_ends_the_worker_with_everything_in_hand_finished(
    site: Site, user: User, start_worker: StartWorker, number: int
) -> None:
    with start_worker() as worker:
        queue_texts(site, user, 20)
        wait_until(lambda: ids_in_outbox(site))
        assert worker.stop(number) == 0
        assert "nothing was left in hand" in worker.log
    with site.context():
        assert set(db.session.scalars(select(Message.state))) <= {"queued", "accepted"}


def test_the_log_tells_neither_numbers_nor_words_of_a_text(
    site: Site, user: User, start_worker: StartWorker
) -> None:
    with start_worker(LOG_LEVEL="DEBUG") as worker:
        queue_texts(site, user, 3)
        wait_until(lambda: len(ids_in_outbox(site)) == 3)
        worker.stop()
        assert "7400123456" not in worker.log
        assert "Two-factor" not in worker.log


def test_a_worker_with_a_wrong_gateway_says_so_in_one_line_and_does_not_start(
    environment: dict[str, str],
) -> None:
    wrong = {"SMS_GATEWAY": "vonage", "VONAGE_APPLICATION_ID": "a-b", "VONAGE_SENDER": "Acme"}
    ended = flask({**environment, **wrong, "VONAGE_PRIVATE_KEY": "/no/such/file"}, "worker")
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines() == [
        "configuration: VONAGE_PRIVATE_KEY: is neither a PEM private key nor the path of a file that can be read"
    ]


def test_a_worker_that_could_ask_nobody_about_numbers_does_not_start(make_site: Callable[..., Site]) -> None:
    site = make_site(IDENTITY_INSIGHTS="on", VONAGE_APPLICATION_ID="an-id", VONAGE_PRIVATE_KEY="/no/such/key")
    ended = site.app.test_cli_runner().invoke(args=["worker"])
    assert ended.exit_code == 1
    assert ended.output.startswith("configuration: VONAGE_PRIVATE_KEY: ")


@pytest.mark.slow
@pytest.mark.parametrize("queue", ["sqlite", "postgresql"])
def test_an_idle_worker_sends_a_text_within_a_fifth_of_a_second(
    site: Site, user: User, start_worker: StartWorker, queue: str, make_site: Callable[..., Site],
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    with request.getfixturevalue("postgres_server").database() as url:
        queue_url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        site = make_site(QUEUE_URL=queue_url) if queue == "postgresql" else site
        with start_worker(QUEUE_URL=site.settings.queue_url):
            queue_texts(site, user, 1)  # opens the queue here, and everything once there
            wait_until(lambda: ids_in_outbox(site))
            # Three tries: what else this machine does meanwhile is not the worker's doing.
            quick = any(_p95_of_forty(site, user, f"{queue} queue") < 0.2 for _ in range(3))
        site.app.extensions["background"].huey.storage.close()
    assert quick


def _p95_of_forty(site: Site, user: User, name: str) -> float:
    """Seconds from commit to the line in the outbox, of forty texts at random moments."""
    dice = random.Random(7)
    committed = {}
    for _ in range(40):
        time.sleep(dice.uniform(0.05, 0.15))
        [public_id] = queue_texts(site, user, 1)
        committed[public_id] = time.time()
    wait_until(lambda: committed.keys() <= set(ids_in_outbox(site)))
    waits = sorted(
        datetime.fromisoformat(line["at"]).timestamp() - committed[line["id"]]
        for line in _lines(site.settings.sms_outbox)
        if line["id"] in committed
    )
    p95 = waits[int(len(waits) * 0.95)]
    print(f"{name}: median {statistics.median(waits) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms")  # noqa: T201
    return p95
