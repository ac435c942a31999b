"""Job handlers for the tests of jobs; each notes what it did in `SEEN`."""

import threading
import time
from typing import Any

from models.job import Job
from services.jobs import Lease

SEEN: list[Any] = []
GO_ON = threading.Event()


def note(job: Job, _: Lease) -> None:
    SEEN.append(job.params)


def slow(job: Job, lease: Lease) -> None:
    """Holds the job until GO_ON is set."""
    SEEN.append("began")
    while not GO_ON.wait(0.01):
        lease.renew()
    SEEN.append("ended")


def fail(job: Job, _: Lease) -> None:
    SEEN.append(job.attempts)
    raise ValueError("+447400123456 cannot be told")


def lose(job: Job, lease: Lease) -> None:
    """Writes under a lease that somebody else has taken meanwhile."""
    from sqlalchemy import update

    from models import Account
    from services.unit_of_work import write

    with write() as session:
        session.execute(update(Job).where(Job.id == job.id).values(attempts=Job.attempts + 1))
    with write() as session:
        session.execute(update(Account).values(name="written without a lease"))
        lease.renew()


def given_up(job: Job, reason: str) -> None:
    SEEN.append(("given up", reason))


def nap(job: Job, _: Lease) -> None:
    time.sleep(0.05)
    SEEN.append(job.id)
