"""Messages of one channel on their way through a worker.

A lane's own thread takes as many due messages as it has hands free, in one transaction, and its hands only wait for the
provider. So two hundred texts a second need few connections to the database and little processor time. What a lane has
not taken stays in the outbox for other workers.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime

from flask import Flask
from sqlalchemy.exc import DBAPIError

from services.clock import now
from services.delivery import claiming
from services.delivery.claiming import Taken
from services.delivery.sending import not_called, transmit
from services.delivery.settling import Outcome
from services.lanes.waiting import Waiting
from services.origin import acting_from

_log = logging.getLogger(__name__)

#: Seconds between two tries when the database is away.
_REST = 1.0
#: With more waiting, this many seconds for more hands to get free: one transaction for several messages.
_GATHER = 0.02
#: A closed way is looked at again after so many seconds.
_LONGEST_REST = 2.0


class Lane:
    """Messages of one channel, ``hands`` at once."""

    def __init__(self, app: Flask, channel: str, hands: int, done: Callable[["Lane", Outcome], None]) -> None:
        self.channel = channel
        self._app = app
        self._done = done
        self._waiting = Waiting(hands)
        #: Hands that wait, the one that was last at work at the end: its connection to the provider is warm.
        self._free_hands: list[queue.SimpleQueue[tuple[Taken, float]]] = []
        self._taker = threading.Thread(target=self._take, name=f"{channel}-lane", daemon=True)

    def start(self) -> None:
        self._taker.start()

    def nudge(self, *, at_once: bool = False) -> None:
        """Something may be due. ``at_once``: look even if the way was closed a moment ago."""
        self._waiting.nudge(at_once=at_once)

    def wait_for_a_hand(self, seconds: float) -> None:
        """Until one is free, ``seconds`` at most."""
        self._waiting.for_a_hand(seconds)

    def look_at(self, due: datetime) -> None:
        """Something will be due then."""
        self._waiting.look_in((due - now()).total_seconds())

    def stop(self) -> None:
        """Take nothing more."""
        self._waiting.stop()

    def wait_until_idle(self, deadline: float) -> bool:
        """Until all hands are free, ``time.monotonic()`` = ``deadline`` at most."""
        self._taker.join(max(0.0, deadline - time.monotonic()))
        return self._waiting.until_idle(deadline)

    def _take(self) -> None:
        fault = ""
        while free := self._waiting.for_work():
            try:
                with self._app.app_context(), acting_from("worker"):
                    self._take_some(free)
                fault = ""
            except Exception as exc:
                if type(exc).__name__ != fault:
                    fault = type(exc).__name__
                    expected = isinstance(exc, DBAPIError)
                    _log.error("messages cannot be taken (%s); the worker goes on trying", fault,
                               exc_info=None if expected else exc)  # fmt: skip
                self._waiting.look_in(_REST)

    def _take_some(self, free: int) -> None:
        batch = claiming.take(self.channel, free)
        if batch.slots and not batch.taken:
            self._waiting.pause(batch.slots[0] - time.monotonic())
            if self._waiting.stopped:
                return
            batch = claiming.take(self.channel, free, reserved=batch.slots)
        self._waiting.busy(len(batch.taken))
        no_thread = None
        for taken, slot in zip(batch.taken, batch.slots, strict=False):
            try:
                self._give(taken, slot)
            except RuntimeError as fault:  # this machine starts no more threads
                no_thread = fault
                self._waiting.free()
                self._done(self, not_called(taken, "the worker had no thread for it"))
        if no_thread:
            raise no_thread
        if batch.look_in is not None:
            # Another worker's probe may open the way before.
            self._waiting.rest(min(batch.look_in, _LONGEST_REST))
        elif batch.taken and len(batch.taken) == len(batch.slots):
            self._waiting.nudge(gather=_GATHER if len(batch.slots) == free else 0.0)

    def _give(self, taken: Taken, slot: float) -> None:
        try:
            hand = self._free_hands.pop()
        except IndexError:
            hand = queue.SimpleQueue()
            threading.Thread(
                target=self._hand, args=(hand,), name=f"{self.channel}-hand", daemon=True
            ).start()
        hand.put((taken, slot))

    def _hand(self, own: "queue.SimpleQueue[tuple[Taken, float]]") -> None:
        while True:
            taken, slot = own.get()
            early = slot - time.monotonic()
            if early > 0:
                time.sleep(early)
            try:
                with self._app.app_context(), acting_from("worker"):
                    outcome = transmit(taken)
                self._done(self, outcome)
            except Exception:
                # It stays marked; when its lease ends it is settled as what nobody knows of.
                _log.exception("a message was not handed over as it should be")
            self._free_hands.append(own)
            self._waiting.free()
