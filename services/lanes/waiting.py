"""How the thread of a lane waits: for something to be due, for a hand to be free, or for a time to come."""

import threading
import time


class Waiting:
    """Thread-safe. All times are seconds from now, or ``time.monotonic()`` where they are called deadlines."""

    def __init__(self, hands: int) -> None:
        self._hands = hands
        self._busy = 0
        self._due_at: float | None = None
        self._rests_until = 0.0
        self._stopped = False
        self._changed = threading.Condition()

    def nudge(self, *, at_once: bool = False, gather: float = 0.0) -> None:
        """Something may be due. ``at_once``: even while it rests. ``gather``: not before so many seconds."""
        with self._changed:
            if at_once:
                self._rests_until = 0.0
            self._look(time.monotonic() + gather)

    def look_in(self, seconds: float) -> None:
        with self._changed:
            self._look(time.monotonic() + seconds)

    def rest(self, seconds: float) -> None:
        """Look in so many seconds, and not before, whatever comes in: the way is closed."""
        with self._changed:
            self._rests_until = time.monotonic() + seconds
            self._look(self._rests_until)

    def busy(self, hands: int) -> None:
        with self._changed:
            self._busy += hands

    def free(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def for_work(self) -> int:
        """Wait until it is time to look and a hand is free; returns how many are. 0: stopped."""
        with self._changed:
            while not self._stopped:
                wait = self._wait()
                if wait is not None and wait <= 0 and self._busy < self._hands:
                    self._due_at = None
                    return self._hands - self._busy
                self._changed.wait(wait if wait is not None and wait > 0 else None)
            return 0

    def pause(self, seconds: float) -> None:
        """Simply wait, unless stopped."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not self._stopped and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)

    def for_a_hand(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._busy < self._hands, seconds)

    def until_idle(self, deadline: float) -> bool:
        with self._changed:
            while self._busy and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            return not self._busy

    def _look(self, at: float) -> None:
        if self._due_at is None or at < self._due_at:
            self._due_at = at
        self._changed.notify_all()

    def _wait(self) -> float | None:
        if self._due_at is None:
            return None
        return max(self._due_at, self._rests_until) - time.monotonic()
