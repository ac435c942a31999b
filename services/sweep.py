"""The sweep: every few seconds a worker looks for rows that are due and that nobody was woken for.

A wake is lost when a process is killed between commit and wake, when the queue cannot be reached, when a retry's time
comes, or when the worker that held a row is dead. The sweep makes all of these a delay.
"""

import logging
import random
import threading

from flask import Flask
from sqlalchemy.exc import DBAPIError

from services.delivery import leftovers
from services.origin import acting_from
from services.worker_setup import Background

_log = logging.getLogger(__name__)

SWEEP_SECONDS = 2.0
_HOUSEKEEPING_SECONDS = 3600.0
_WATCH_SECONDS = 30.0


class _Every:
    """Over once in so many seconds, counted in sweeps."""

    def __init__(self, seconds: float, first: float) -> None:
        self._seconds = seconds
        self._left = first

    def is_over(self) -> bool:
        self._left -= SWEEP_SECONDS
        if self._left > 0:
            return False
        self._left = self._seconds
        return True


class Sweeper(threading.Thread):
    """Looks at once, then every two seconds, until ``stop`` is set.

    Looks at what texts cost every half minute, and cleans up once an hour.
    """

    def __init__(self, app: Flask, background: Background, stop: threading.Event) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._app = app
        self._background = background
        self._told_to_stop = stop
        self._fault = ""
        self._hours_until_told = 0
        # Several workers started together should not all clean at once.
        first = _HOUSEKEEPING_SECONDS * random.uniform(0.5, 1.5)  # noqa: S311  # no secret
        self._hour = _Every(_HOUSEKEEPING_SECONDS, first)
        self._half_minute = _Every(_WATCH_SECONDS, 0)

    def run(self) -> None:
        while True:
            try:
                self.sweep()
                self._watch()
                self._housekeeping()
                self._fault = ""
            except Exception as fault:
                self._report(fault)
            if self._told_to_stop.wait(SWEEP_SECONDS * random.uniform(0.8, 1.2)):  # noqa: S311  # several workers, not in step
                return

    def _report(self, fault: Exception) -> None:
        """Once for each kind of fault: a database that is away for an hour is one line, not 1,800."""
        name = type(fault).__name__
        if name != self._fault:
            expected = isinstance(fault, DBAPIError)
            _log.error("the sweep failed (%s); it goes on trying", name, exc_info=None if expected else fault)
        self._fault = name

    def sweep(self) -> None:
        """Settle what dead workers left, end what expired while it waited, and look for what is due."""
        with self._app.app_context(), acting_from("worker"):
            leftovers.clear()
        if self._background.lanes is not None:
            self._background.lanes.nudge_all()

    def _watch(self) -> None:
        """What texts cost, and whether anybody reads them."""
        if not self._half_minute.is_over():
            return
        from services.sending import watch

        with self._app.app_context(), acting_from("worker"):
            watch.look()

    def _housekeeping(self) -> None:
        if not self._hour.is_over():
            return
        from services import audit_anchors, purge
        from services.audit import SITE_CHAIN

        with self._app.app_context(), acting_from("worker"):
            purge.purge_expired()
            audit_anchors.anchor()
            if self._hours_until_told <= 0:
                for line in audit_anchors.head_lines(SITE_CHAIN):
                    _log.info("the security log ends at: %s", line)
                self._hours_until_told = 24
            self._hours_until_told -= 1
