"""What a worker does at once: a lane for each kind of message and one for jobs, so that none holds up another.

A slow mail server or a long import holds up no code.
"""

import time

from flask import Flask

from services.lanes.job_lane import JobLane
from services.lanes.messages import Lane
from services.lanes.settler import Settler
from services.queue import WAKES

#: At once, beside WORKER_THREADS texts. One of the jobs is a short one.
CALLS, MAILS, JOBS = 4, 4, 4
_PATIENCE = 0.02
#: What a wake is about -> the lane.
_LANES = {wake: channel for channel, wake in WAKES.items()}


class Lanes:
    """All lanes of one worker."""

    def __init__(self, app: Flask, texts: int) -> None:
        self._settler = Settler(app)
        self._messages = {
            channel: Lane(app, channel, hands, self._settler.put)
            for channel, hands in (("sms", texts), ("voice", CALLS), ("mail", MAILS))
        }
        self._jobs = JobLane(app, JOBS)
        self._all: list[Lane | JobLane] = [*self._messages.values(), self._jobs]

    def start(self) -> None:
        self._settler.start()
        for lane in self._all:
            lane.start()

    def nudge(self, kind: str) -> None:
        """Something of this kind may be due: it is looked for at once."""
        if kind == "job":
            self._jobs.nudge()
        elif kind in _LANES:
            lane = self._messages[_LANES[kind]]
            lane.nudge()
            if kind == "message":
                # One that nobody here has a hand for is left to other workers, for a moment. For texts only: nothing
                # else may keep a text waiting behind it in the queue.
                lane.wait_for_a_hand(_PATIENCE)

    def nudge_all(self) -> None:
        for lane in self._all:
            lane.nudge()

    def stop(self, seconds: float) -> bool:
        """Take nothing more and finish what is in hand; False when that took longer than it may."""
        deadline = time.monotonic() + seconds
        for lane in self._all:
            lane.stop()
        idle = [lane.wait_until_idle(deadline) for lane in self._all]
        # What has come back by now is settled in any case.
        return self._settler.stop(max(deadline, time.monotonic() + 1)) and all(idle)
