"""What a piece of work costs: CPU seconds of the processes that do it, their memory, and the first byte."""

import gc
import json
import os
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Seconds; ``grown`` in KiB: peak memory beyond what there was before the work."""

    cpu: float
    wall: float
    first_byte: float = 0.0
    grown: int = 0


def cost_of(work: Callable[[], object], *processes: int, before: Callable[[], object] | None = None) -> Cost:
    """Do ``work`` in a child of its own, and count its CPU with that of ``processes`` and all below them.

    ``before`` is done outside the measurement.
    """
    if before is not None:
        before()
    theirs = cpu_of(*processes)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with os.fdopen(write, "w") as pipe:
            pipe.write(json.dumps(asdict(_measured(work))))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or not told:
        raise SystemExit("a benchmark failed in its child")
    cost = Cost(**json.loads(told))
    time.sleep(0.3)  # until the postmaster has noted that its child ended
    cost.cpu += cpu_of(*processes) - theirs
    return cost


def cpu_of(*processes: int) -> float:
    """Seconds of these processes and all below them, also of those that have ended, so far."""
    return sum(_seconds(one) for process in processes for one in _tree(process))


def forget_peak(process: int | str = "self") -> int:
    """Let the peak of memory begin anew; KiB that the process holds now."""
    Path(f"/proc/{process}/clear_refs").write_text("5")
    return peak(process)


def peak(process: int | str = "self") -> int:
    """KiB that a process held at most since its peak was forgotten."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _tree(process: int) -> Iterator[int]:
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except FileNotFoundError:  # it ended just now; its time is its parent's
        return
    for child in children:
        yield from _tree(int(child))


def _seconds(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICK


def _measured(work: Callable[[], object]) -> Cost:
    gc.collect()
    gc.freeze()  # what the parent made is not looked through again, which would copy its pages
    began_with = forget_peak()
    cpu, wall = _cpu(), time.perf_counter()
    work()
    return Cost(_cpu() - cpu, time.perf_counter() - wall, grown=peak() - began_with)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
