"""What people met and what was done to the site, by the clock; filled by many threads."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: Seconds after a fault in which its errors may still come: a lease that runs out, a worker that starts, a lock.
RECOVERY = 15.0


@dataclass(frozen=True)
class Step:
    what: str
    began: float
    ended: float
    #: "" where all went well.
    error: str = ""


@dataclass(frozen=True)
class Fault:
    kind: str
    began: float
    #: When the site had what it needs again.
    ended: float

    def excuses(self, began: float, ended: float) -> bool:
        return began <= self.ended + RECOVERY and ended >= self.began


@dataclass
class Records:
    steps: list[Step] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: {(user id, event): times that the site said yes}
    confirmed: Counter[tuple[int, str]] = field(default_factory=Counter)
    #: The same for requests without an answer: they may have been done.
    unsure: Counter[tuple[int, str]] = field(default_factory=Counter)
    #: Public ids of imports that were taken.
    imports: list[str] = field(default_factory=list)
    #: {process: [(when, KiB)]}
    memory: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def step(self, what: str, user: int = 0, event: str = "") -> Iterator[None]:
        """One thing that a person does. ``event``: what the log must say of it when it went well.

        What goes wrong is kept and raised again.
        """
        began = time.time()
        try:
            yield
        except Exception as fault:
            self._add(Step(what, began, time.time(), f"{type(fault).__name__}: {fault}"[:300]))
            with self._lock:
                self.unsure[user, event] += 1
            raise
        self._add(Step(what, began, time.time()))
        with self._lock:
            self.confirmed[user, event] += 1

    @contextmanager
    def fault(self, kind: str) -> Iterator[None]:
        began = time.time()
        try:
            yield
        finally:
            self.faults.append(Fault(kind, began, time.time()))

    def errors(self) -> tuple[list[Step], list[Step]]:
        """(while a fault was on or just over, else)"""
        wrong = [step for step in self.steps if step.error]
        excused = [
            step for step in wrong if any(fault.excuses(step.began, step.ended) for fault in self.faults)
        ]
        return excused, [step for step in wrong if step not in excused]

    def _add(self, step: Step) -> None:
        with self._lock:
            self.steps.append(step)
