"""Jobs as leased rows: taken once, taken over, given up."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from extensions import db
from models import Account
from models.job import Job
from services import job_kinds, jobs
from services.clock import now
from services.unit_of_work import write
from tests.support.site import Site
from tests.worker import handlers


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("note", "slow", "fail", "lose", "nap"):
        monkeypatch.setitem(job_kinds.HANDLERS, name, f"tests.worker.handlers:{name}")
    monkeypatch.setitem(job_kinds.GIVEN_UP, "fail", "tests.worker.handlers:given_up")
    handlers.SEEN.clear()
    handlers.GO_ON.clear()
    yield
    jobs.stopping.clear()


def enqueue(site: Site, kind: str, **options: object) -> int:
    with site.context(), write():
        return int(jobs.enqueue(kind, **options).id)  # type: ignore[arg-type]


def run(site: Site, job_id: int) -> bool:
    with site.context():
        return jobs.run(job_id)


def row(site: Site, job_id: int) -> Job:
    with site.context():
        found = db.session.get(Job, job_id, populate_existing=True)
        assert found is not None
        db.session.expunge(found)
        return found


def test_a_job_is_done_once(site: Site) -> None:
    job_id = enqueue(site, "note", list="Newsletter", rows=3)
    assert run(site, job_id)
    assert not run(site, job_id)
    assert handlers.SEEN == [{"list": "Newsletter", "rows": 3}]
    assert row(site, job_id).state == "done"
    assert row(site, job_id).finished_at is not None


def test_a_kind_that_nobody_does_is_refused_at_once(site: Site) -> None:
    with site.context(), pytest.raises(ValueError, match="no job of kind"), write():
        jobs.enqueue("no.such")


def test_a_job_of_a_cause_that_was_rolled_back_does_not_exist(site: Site) -> None:
    def cause() -> None:
        with write():
            jobs.enqueue("note")
            raise ZeroDivisionError

    with site.context(), pytest.raises(ZeroDivisionError):
        cause()
    with site.context():
        assert db.session.scalars(select(Job)).all() == []


def test_a_job_waits_until_it_is_due(site: Site) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        job_id = enqueue(site, "note", due_at=now() + timedelta(hours=1))
        clock.shift(3599)
        assert not run(site, job_id)
        clock.shift(1)
        with site.context():
            assert jobs.run_due() == 1


def test_of_many_workers_one_gets_the_job(site: Site) -> None:
    ids = [enqueue(site, "nap") for _ in range(5)]
    taken: list[bool] = []

    def worker() -> None:
        for job_id in ids:
            taken.append(run(site, job_id))

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(handlers.SEEN) == ids
    assert taken.count(True) == len(ids)


def test_a_dead_workers_job_is_taken_over_when_its_lease_ends_and_not_before(site: Site) -> None:
    job_id = enqueue(site, "note")
    with time_machine.travel(now(), tick=False) as clock:
        with site.context():
            assert jobs._claim(job_id) is not None  # and then the power went
        clock.shift(60)
        assert not run(site, job_id)
        clock.shift(0.001)
        assert run(site, job_id)
    assert row(site, job_id).attempts == 2


def test_a_worker_whose_lease_was_taken_over_keeps_nothing_of_what_it_wrote(site: Site) -> None:
    site.world.acme()
    job_id = enqueue(site, "lose")
    assert run(site, job_id)
    with site.context():
        assert db.session.scalars(select(Account.name)).all() == ["Acme Retail"]
    assert row(site, job_id).state == "running"


def test_renewing_keeps_a_long_job_from_being_taken_over(site: Site) -> None:
    job_id = enqueue(site, "note")
    with time_machine.travel(now(), tick=False) as clock, site.context():
        job = jobs._claim(job_id)
        assert job is not None
        lease = jobs.Lease(job)
        for _ in range(10):
            clock.shift(50)
            lease.renew()
            assert jobs.due_ids() == []


def test_a_failed_job_is_tried_again_later_and_given_up_after_five_tries(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = enqueue(site, "fail")
    caplog.set_level(logging.ERROR)
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(20):
            run(site, job_id)
            clock.shift(200)
    assert handlers.SEEN == [1, 2, 3, 4, 5, ("given up", "ValueError")]
    found = row(site, job_id)
    assert (found.state, found.reason) == ("failed", "ValueError")
    assert len(caplog.records) == 5


def test_a_job_that_kills_its_worker_each_time_is_given_up(site: Site) -> None:
    job_id = enqueue(site, "fail")
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(5):
            with site.context():
                assert jobs._claim(job_id) is not None
            clock.shift(61)
        assert not run(site, job_id)
    assert row(site, job_id).state == "failed"
    assert handlers.SEEN == [("given up", "the worker stopped each time")]


def test_a_job_in_hand_when_the_worker_is_told_to_stop_goes_back_uncounted(site: Site) -> None:
    job_id = enqueue(site, "slow")
    thread = threading.Thread(target=run, args=(site, job_id))
    thread.start()
    while not handlers.SEEN:
        pass
    jobs.stopping.set()
    thread.join(10)
    found = row(site, job_id)
    assert (found.state, found.attempts, found.lease_until) == ("waiting", 0, None)
    jobs.stopping.clear()
    handlers.GO_ON.set()
    assert run(site, job_id)
    assert handlers.SEEN == ["began", "began", "ended"]
