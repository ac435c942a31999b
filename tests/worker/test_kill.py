"""Processes killed with -9 at any moment: what was accepted goes out, once."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from extensions import db
from models import Message, MessageState, User
from services import delivery
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin
from tests.support.worker_process import ROOT, process_environment, wait_until
from tests.worker.conftest import StartWorker, ids_in_outbox, let_leases_run_out, queue_texts

pytestmark = pytest.mark.slow


def states(site: Site) -> dict[str, int]:
    with site.context():
        counted = db.session.execute(select(Message.state, func.count()).group_by(Message.state)).all()
        return {row[0]: row[1] for row in counted}


def unsettled(site: Site) -> int:
    return sum(count for state, count in states(site).items() if state in ("queued", "sending"))


def wait_until_one_more_is_sent(site: Site) -> None:
    before = len(ids_in_outbox(site))
    wait_until(lambda: len(ids_in_outbox(site)) > before or not unsettled(site))


def test_two_hundred_texts_go_out_once_each_though_workers_are_killed_again_and_again(
    site: Site, user: User, start_worker: StartWorker
) -> None:
    promised = queue_texts(site, user, 200)
    dice = random.Random(20261124)
    kills = 0
    while kills < 6 and len(ids_in_outbox(site)) < 200:
        with start_worker() as worker:
            wait_until_one_more_is_sent(site)
            time.sleep(dice.uniform(0, 0.15))
            worker.kill()
        kills += 1
        let_leases_run_out(site)
    with start_worker():
        wait_until(lambda: not unsettled(site), 60)
    sent = Counter(ids_in_outbox(site))
    assert set(sent) == set(promised)
    assert set(sent.values()) == {1}
    assert states(site) == {MessageState.ACCEPTED: 200}
    assert kills >= 2


def test_a_text_of_a_web_process_killed_between_commit_and_wake_goes_out(
    site: Site, user: User, environment: dict[str, str], start_worker: StartWorker
) -> None:
    script = """
import os, signal
from app import create_app
from extensions import db
from models import User
from services.outbox import queue_sms
from services.unit_of_work import write
app = create_app()
app.extensions["waker"] = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # the moment of the power cut
with app.app_context(), write():
    queue_sms("two_factor_on", to="+447400123456", user=db.session.get(User, USER))
""".replace("USER", str(user.id))
    died = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=process_environment(environment),
        timeout=60,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    assert states(site) == {MessageState.QUEUED: 1}
    with start_worker():
        wait_until(lambda: len(ids_in_outbox(site)) == 1, 10)
        wait_until(lambda: states(site) == {MessageState.ACCEPTED: 1}, 10)


def test_a_worker_killed_while_the_provider_has_the_text_leaves_it_unknown_and_posts_it_once(
    site: Site, user: User, start_worker: StartWorker, tmp_path: Path, provider_settings: dict[str, str]
) -> None:
    with VonageStandin(default="202") as vonage:
        (tmp_path / "ca.pem").write_bytes(vonage.ca_pem)
        settings = {**provider_settings, "VONAGE_API_HOST": vonage.host}
        vonage.answer_with("hang")
        queue_texts(site, user, 1)
        with start_worker(**settings) as worker:
            wait_until(lambda: len(vonage.requests) == 1)
            worker.kill()
        assert states(site) == {MessageState.SENDING: 1}
        let_leases_run_out(site)
        with start_worker(**settings):
            wait_until(lambda: states(site) == {MessageState.UNKNOWN: 1}, 10)
        with site.context():
            assert delivery.send_due() == 0, "whoever looks again leaves it alone"
        assert len(vonage.requests) == 1
        assert states(site) == {MessageState.UNKNOWN: 1}


@pytest.fixture
def provider_settings(tmp_path: Path) -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {
        "SMS_GATEWAY": "vonage",
        "VONAGE_APPLICATION_ID": "78d335fa-323d-0114-9c3d-d6f0d48968cf",
        "VONAGE_PRIVATE_KEY": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "VONAGE_SENDER": "Acme",
        "REQUESTS_CA_BUNDLE": str(tmp_path / "ca.pem"),
        "NO_PROXY": "127.0.0.1",
    }
