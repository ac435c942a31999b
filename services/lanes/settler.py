"""What came of messages, written down by one thread for all lanes of a worker."""

import logging
import queue
import threading
import time

from flask import Flask
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

from services.clock import now
from services.delivery.settling import Outcome, settle
from services.lanes.messages import Lane
from services.origin import acting_from

_log = logging.getLogger(__name__)

#: Seconds between two tries when the database is away.
_REST = 1.0
_AT_ONCE = 200
#: The database is away, or busy. Anything else is the fault of what should be written, and would be so again.
_AWAY = (OperationalError, InterfaceError, TimeoutError)


class Settler:
    """Writes down what came of messages; all that is there at once. Goes on trying while the database is away."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._came: queue.SimpleQueue[tuple[Lane, Outcome] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="settler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, lane: Lane, outcome: Outcome) -> None:
        self._came.put((lane, outcome))

    def stop(self, deadline: float) -> bool:
        """Write down what is there; False when that was not possible until then."""
        self._came.put(None)
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return not self._thread.is_alive()

    def _run(self) -> None:
        going = True
        while going:
            came = [self._came.get()]
            while len(came) < _AT_ONCE and not self._came.empty():
                came.append(self._came.get())
            going = None not in came
            there = [pair for pair in came if pair is not None]
            for lane in dict.fromkeys(lane for lane, _ in there):
                self._settle(lane, [outcome for its, outcome in there if its is lane])

    def _settle(self, lane: Lane, outcomes: list[Outcome]) -> None:
        until = min(outcome.taken.lease_until for outcome in outcomes)
        told = False
        while True:
            try:
                with self._app.app_context(), acting_from("worker"):
                    again = settle(outcomes)
            except Exception as fault:
                if not isinstance(fault, _AWAY) and len(outcomes) > 1:
                    # One of them is at fault; the others are not kept for it.
                    for outcome in outcomes:
                        self._settle(lane, [outcome])
                    return
                if not isinstance(fault, _AWAY):
                    # It stays marked; when its lease ends it is settled as what nobody knows of.
                    _log.error("what came of a message cannot be written down (%s)", type(fault).__name__,
                               exc_info=None if isinstance(fault, DBAPIError) else fault)  # fmt: skip
                    return
                if not told:
                    told = True
                    _log.error("%d messages cannot be settled (%s)", len(outcomes), type(fault).__name__)
                if now() > until:
                    _log.error("%d messages were handed over and could not be settled", len(outcomes))
                    return
                time.sleep(_REST)
                continue
            for due in again:
                lane.look_at(due)
            if any(outcome.taken.probe for outcome in outcomes):
                lane.nudge(at_once=True)
            return
