"""The queue: it wakes, it can be lost, and nothing in it is believed."""

import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import make_url, select

from extensions import db
from models import Message, MessageState, User
from services.lanes import Lanes
from services.sweep import Sweeper
from services.wake_queue import _JsonSerializer
from services.worker_setup import Background, queue_file
from tests.support.site import Site
from tests.support.worker_process import wait_until
from tests.worker.conftest import ids_in_outbox, queue_texts


def background(site: Site) -> Background:
    found = site.app.extensions["background"]
    assert isinstance(found, Background)
    return found


@pytest.fixture
def lanes(site: Site) -> Iterator[Lanes]:
    """What a worker has, without the queue and the sweep."""
    found = Lanes(site.app, 2)
    background(site).lanes = found
    found.start()
    yield found
    assert found.stop(10)


def sweep(site: Site) -> None:
    Sweeper(site.app, background(site), threading.Event()).sweep()


def test_the_sqlite_queue_lies_beside_the_database(site: Site) -> None:
    where = queue_file(site.settings)
    assert where.name == "queue.sqlite3"
    assert where.parent == site.settings.instance_path


def test_a_committed_text_wakes_a_worker(site: Site, user: User) -> None:
    queue_texts(site, user, 3)
    huey = background(site).huey
    assert huey.pending_count() == 3
    for _ in range(3):
        huey.execute(huey.dequeue())
    assert len(ids_in_outbox(site)) == 3
    huey.storage.close()


def test_waking_twice_sends_once(site: Site, user: User) -> None:
    queue_texts(site, user, 1)
    with site.context():
        [message_id] = db.session.scalars(select(Message.id)).all()
    for _ in range(3):
        background(site).handle("message", message_id)
    assert len(ids_in_outbox(site)) == 1


def test_a_wake_for_nothing_is_harmless(site: Site) -> None:
    background(site).handle("message", 12345)
    background(site).handle("job", 12345)
    background(site).handle("something else", 1)
    assert ids_in_outbox(site) == []


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1"]
)
def test_without_a_queue_a_text_is_accepted_at_once_and_the_sweep_sends_it(
    make_site: Callable[..., Site], url: str
) -> None:
    site = make_site(QUEUE_URL=url)
    user = site.world.acme()[1]
    began = time.monotonic()
    queue_texts(site, user, 20)
    assert time.monotonic() - began < 5
    found = background(site).lanes = Lanes(site.app, 2)
    found.start()
    sweep(site)
    wait_until(lambda: len(ids_in_outbox(site)) == 20)
    assert found.stop(10)


def test_the_sweep_looks_for_rows_that_nobody_was_woken_for(site: Site, user: User, lanes: Lanes) -> None:
    waker = site.app.extensions.pop("waker")
    queue_texts(site, user, 2)
    site.app.extensions["waker"] = waker
    assert ids_in_outbox(site) == []
    sweep(site)
    wait_until(lambda: states(site) == {MessageState.ACCEPTED})


def states(site: Site) -> set[str]:
    with site.context():
        return set(db.session.scalars(select(Message.state)))


@pytest.mark.asvs("1.5.2")
def test_a_wake_is_three_words_and_nothing_that_could_run(site: Site, user: User) -> None:
    queue_texts(site, user, 1)
    [data] = background(site).huey.storage.enqueued_items()
    _, name, (kind, row_id) = json.loads(bytes(data))
    assert (name, kind) == ("services.wake_queue.wake", "message")
    assert isinstance(row_id, int)
    background(site).huey.storage.close()


@pytest.mark.parametrize("data", [b"\x80\x04K\x01.", b"[]", b'["a", "b", ["message", "1; drop"]]', b"{}"])
def test_what_else_is_found_in_the_queue_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        _JsonSerializer().deserialize(data)


def test_wakes_travel_through_postgresql(
    make_site: Callable[..., Site], request: pytest.FixtureRequest
) -> None:
    with request.getfixturevalue("postgres_server").database() as url:
        queue_url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        site = make_site(QUEUE_URL=queue_url)
        queue_texts(site, site.world.acme()[1], 2)
        huey = background(site).huey
        assert huey.pending_count() == 2
        huey.execute(huey.dequeue())
        assert len(ids_in_outbox(site)) == 1
        huey.storage.close()
