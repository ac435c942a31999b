"""The worker process: one thread that takes wakes from the queue, the lanes that do the work, and the sweep."""

import logging
import signal
from typing import Any

from flask import Flask
from huey.consumer import Consumer

from services import jobs
from services.delivery import circuits
from services.lanes import Lanes
from services.metrics import serving
from services.sweep import Sweeper
from services.worker_setup import Background

_log = logging.getLogger(__name__)

#: Seconds between two looks into a SQLite queue. PostgreSQL and Redis tell of a wake by themselves.
_LOOK_EVERY = 0.05
#: How long work in hand may take to end (seconds) once the worker is told to stop; less than the 30 s that hosts grant.
STOP_SECONDS = 25
#: How much of it the thread that reads the queue may take.
_READER_SECONDS = 3


def run(app: Flask, background: Background) -> None:
    """Work until SIGTERM, SIGINT or SIGHUP; then finish what is in hand. Raises when the queue cannot be opened."""
    lanes = Lanes(app, app.extensions["settings"].worker_threads)
    consumer = _Consumer(
        background.huey,
        workers=1,
        periodic=False,
        initial_delay=_LOOK_EVERY,
        max_delay=_LOOK_EVERY,
        backoff=1.0,
        scheduler_interval=60,
        shutdown_timeout=_READER_SECONDS,
    )
    # Its lines about every task would fill the log, and say nothing that the rows do not.
    logging.getLogger("huey").setLevel(logging.WARNING)
    with app.app_context():
        circuits.try_again_now()
    background.lanes = lanes
    lanes.start()
    sweeper = Sweeper(app, background, jobs.stopping)
    sweeper.start()
    with serving(app):
        consumer.run()
    if lanes.stop(STOP_SECONDS - _READER_SECONDS):
        _log.info("stopped; nothing was left in hand")
    else:
        _log.warning("stopped with work in hand; another worker takes it over when its lease ends")
    sweeper.join(timeout=1)


class _Consumer(Consumer):
    """huey's consumer, to which every polite signal means: finish, then leave."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._signal_actions = dict.fromkeys((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), (False, True))

    def stop(self, graceful: bool = False) -> None:
        jobs.stopping.set()  # long jobs give themselves back at their next renew()
        _log.info("stopping: finishing what is in hand, for %d s at most", STOP_SECONDS)
        super().stop(graceful)


def started(name: str) -> None:
    _log.info("worker started: %s", name)
