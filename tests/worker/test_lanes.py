"""The lanes of a worker, in this process: what each of them does about what goes wrong in another or in itself."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from extensions import db
from models import Message, User
from models.message import MessageEvent
from services import jobs
from services.delivery import claiming
from services.delivery.sending import transmit
from services.lanes import JOBS, MAILS, Lanes
from services.lanes.messages import Lane
from services.lanes.settler import Settler
from services.outbox import queue_mail, queue_sms
from services.unit_of_work import write
from tests.support.site import Site
from tests.support.worker_process import wait_until


def texts(site: Site, user: User, count: int) -> list[int]:
    with site.context(), write():
        return [queue_sms("two_factor_on", to="+447400123456", user=user).id for _ in range(count)]


def states(site: Site, channel: str = "sms") -> list[str]:
    with site.context():
        return list(
            db.session.scalars(select(Message.state).where(Message.channel == channel).order_by(Message.id))
        )


def retries(site: Site) -> int:
    with site.context():
        found = select(func.count()).where(MessageEvent.event == "retry")
        return db.session.scalars(found).one()


@pytest.fixture
def lanes(site: Site) -> Iterator[Lanes]:
    found = Lanes(site.app, 4)
    found.start()
    yield found
    assert found.stop(20)


@pytest.fixture
def stuck_mails(
    site: Site, user: User, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> Iterator[threading.Semaphore]:
    """More mails than hands, and a mail server that answers none; counts those that were begun."""
    begun, go_on = threading.Semaphore(0), threading.Event()
    with site.context():
        mail = site.app.extensions["gateways"].mail
        send = mail.send

        def stuck(*args: Any) -> Any:
            begun.release()
            go_on.wait(60)
            return send(*args)

        monkeypatch.setattr(mail, "send", stuck)
        with write():
            for _ in range(MAILS + 2):
                queue_mail("removed", to=user.email, user=user, account_name="Acme", by="Dana")
    yield begun
    go_on.set()


def test_a_code_waits_for_no_wakes_of_mails(
    site: Site, user: User, lanes: Lanes, stuck_mails: threading.Semaphore
) -> None:
    lanes.nudge("mail")
    for _ in range(MAILS):
        assert stuck_mails.acquire(timeout=30)
    texts(site, user, 1)

    def read() -> None:
        for kind in ("mail",) * 2000 + ("message",):
            lanes.nudge(kind)

    threading.Thread(target=read, daemon=True).start()
    # With a wait for each of them this would take forty seconds.
    wait_until(lambda: states(site) == ["accepted"], 20)


def test_an_outcome_that_cannot_be_written_down_keeps_no_other_waiting(site: Site, user: User) -> None:
    first, *_ = texts(site, user, 3)
    settler, lane = Settler(site.app), Lane(site.app, "sms", 1, lambda *_: None)
    with site.context():
        for taken in claiming.take("sms", 3).taken:
            settler.put(lane, transmit(taken))
        with write() as session:  # what came of it cannot be noted: it is gone
            session.execute(delete(Message).where(Message.id == first))
    settler.start()
    wait_until(lambda: states(site) == ["accepted"] * 2, 20)
    assert settler.stop(time.monotonic() + 20)


def test_without_threads_texts_go_on_and_no_hand_is_lost(
    site: Site, user: User, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", none_left)
        texts(site, user, 4)
        lanes.nudge("message")
        wait_until(lambda: retries(site) >= 4)

    def sent() -> bool:
        lanes.nudge("message")
        return states(site) == ["accepted"] * 4

    wait_until(sent)


def test_a_mailed_password_reset_waits_for_no_long_job(
    site: Site, user: User, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()

    def long_work(*_: Any) -> None:
        begun.release()
        go_on.wait(60)

    monkeypatch.setattr("services.imports.run.run_import", long_work)
    with site.context(), write():
        for _ in range(JOBS + 2):
            jobs.enqueue("contacts.import", import_id=0)
    lanes.nudge("job")
    for _ in range(JOBS - 1):
        assert begun.acquire(timeout=30)
    try:
        with site.context(), write():
            jobs.enqueue("password.reset_asked", email=user.email, address="192.0.2.1", user_agent="")
        lanes.nudge("job")
        wait_until(lambda: bool(states(site, "mail")), 20)
    finally:
        go_on.set()
