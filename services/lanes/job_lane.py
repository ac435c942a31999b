"""Background jobs on their way through a worker."""

import logging
import threading
import time

from flask import Flask
from sqlalchemy.exc import DBAPIError

from services import jobs
from services.lanes.waiting import Waiting
from services.origin import acting_from

_log = logging.getLogger(__name__)

#: Seconds between two tries when the database is away.
_REST = 1.0


class JobLane:
    """Background jobs, few at once: many are long, and no text waits for them.

    The last hand takes short ones only: a mail to reset a password waits for no import.
    """

    def __init__(self, app: Flask, hands: int) -> None:
        self._app = app
        self._waits = [Waiting(1) for _ in range(hands)]
        last = hands - 1
        self._threads = [
            threading.Thread(
                target=self._run, args=(waiting, number == last), name=f"job-{number}", daemon=True
            )
            for number, waiting in enumerate(self._waits)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def nudge(self) -> None:
        for waiting in self._waits:
            waiting.nudge()

    def stop(self) -> None:
        for waiting in self._waits:
            waiting.stop()

    def wait_until_idle(self, deadline: float) -> bool:
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, waiting: Waiting, short_only: bool) -> None:
        fault = ""
        while waiting.for_work():
            try:
                with self._app.app_context(), acting_from("worker"):
                    for job_id in jobs.due_ids(short_only=short_only):
                        if jobs.stopping.is_set():
                            return
                        jobs.run(job_id)
                fault = ""
            except Exception as exc:
                if type(exc).__name__ != fault:
                    fault = type(exc).__name__
                    _log.error("a job could not be looked for (%s)", fault,
                               exc_info=None if isinstance(exc, DBAPIError) else exc)  # fmt: skip
                waiting.look_in(_REST)
