"""What a piece of work costs: CPU of a forked child that does it, and of the database's processes."""

import json
import os
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Seconds; ``grown`` in KiB: peak memory of the child beyond what it began with."""

    cpu: float
    wall: float
    first_byte: float | None = None
    grown: int = 0


def cost_of(
    work: Callable[[], float | None],
    postmaster: int | None = None,
    before: Callable[[], object] | None = None,
) -> Cost:
    """Do ``work`` in a child of its own; it may return the seconds until its first byte.

    ``postmaster``: process id of PostgreSQL, whose processes for the connections end with the child and then count to
    their parent. ``before`` is done outside the measurement.
    """
    if before is not None:
        before()
    server = _of_children(postmaster)
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
    cost.cpu += _of_children(postmaster) - server
    return cost


def _measured(work: Callable[[], float | None]) -> Cost:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    began_with = _peak()
    cpu, wall = _cpu(), time.perf_counter()
    first = work()
    return Cost(_cpu() - cpu, time.perf_counter() - wall, first, _peak() - began_with)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _of_children(process: int | None) -> float:
    """CPU of those children of a process that have ended."""
    if process is None:
        return 0.0
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / _TICK
