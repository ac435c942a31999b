"""How soon a code is with the provider, and how many a second two workers bring there.

    python benchmarks/delivery.py [--texts 3000] [--samples 60] [--only sqlite postgresql redis]

Real workers, the real SDK over TLS, and a stand-in for the provider as a process of its own that takes 200 ms for each
answer. Latency is counted from the commit to the moment at which the stand-in has read the request, on an idle worker.
Exits 1 when a goal is missed.
"""

import argparse
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import make_url

from benchmarks.sending import Bench, Provider, cpu_of
from tests.support.postgres import LocalServer
from tests.support.worker_process import wait_until

ANSWER_SECONDS = 0.2
TEXTS_A_SECOND = 200
#: Milliseconds at p95, by the kind of queue.
SOON = {"sqlite": 200, "postgresql": 20, "redis": 20}


def latency(bench: Bench, provider: Provider, samples: int) -> list[float]:
    """Milliseconds from commit to provider, sorted, of codes at random moments on an idle worker."""
    dice, committed = random.Random(7), {}
    with bench.workers(1, VONAGE_RATE="30"):
        for _ in range(5):
            bench.promise(1)
            bench.wait_until_quiet()
        for _ in range(samples):
            time.sleep(dice.uniform(0.25, 0.4))
            [name] = bench.promise(1)
            committed[name] = bench.committed_at
        bench.wait_until_quiet()
    return sorted(1000 * (at - committed[name]) for at, name in provider.seen() if name in committed)


def throughput(bench: Bench, provider: Provider, texts: int) -> dict[str, float]:
    """Two workers, one after the other begun, with more codes waiting than they can send at once."""
    with bench.workers(2, VONAGE_RATE="0") as workers:
        bench.promise(4)
        bench.wait_until_quiet()
        before, cpu, its = provider.count(), sum(cpu_of(w.process.pid) for w in workers), provider.cpu
        names = set()
        for _ in range(texts // 100):
            names.update(bench.promise(100))
        wait_until(lambda: provider.count() >= before + len(names), 300)
        used, its = sum(cpu_of(w.process.pid) for w in workers) - cpu, provider.cpu - its
        bench.wait_until_quiet()
    at = [when for when, name in provider.seen() if name in names]
    assert len(at) == len(names), "a text was sent twice or not at all"
    middle = at[len(at) // 10 : -len(at) // 10]
    return {
        "a second": (len(middle) - 1) / (middle[-1] - middle[0]),
        "cpu ms": 1000 * used / len(names),
        "its cpu ms": 1000 * its / len(names),
    }


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis of our own on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [str(shutil.which("redis-server")), "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        cwd=folder, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: _listens(port), 10)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    parser = argparse.ArgumentParser(description="How soon and how many codes reach the provider")
    parser.add_argument("--texts", type=int, default=3000)
    parser.add_argument("--samples", type=int, default=60)
    parser.add_argument("--only", nargs="*", default=[], help="sqlite postgresql redis")
    given = parser.parse_args()
    missed: list[str] = []
    _say(
        f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, a provider of {ANSWER_SECONDS} s"
    )
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        server: Any = None
        for kind in given.only or [
            "sqlite",
            "postgresql",
            *(["redis"] if shutil.which("redis-server") else []),
        ]:
            folder = Path(name) / kind
            folder.mkdir()
            provider = Provider(folder, "--default", f"slow:{ANSWER_SECONDS}")
            stack.callback(provider.stop)
            if kind != "sqlite" and server is None:
                server = stack.enter_context(LocalServer())
            if kind == "sqlite":
                database, queue = f"sqlite:///{folder / 'site.sqlite3'}", ""
            else:
                database = stack.enter_context(server.database())
                queue = (
                    make_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
                    if kind == "postgresql" else stack.enter_context(redis_server(folder))
                )  # fmt: skip
            bench = Bench(database, queue, folder, provider)
            missed += _measure(kind, bench, provider, given)
    _say(f"load after: {os.getloadavg()[0]:.1f}")
    for line in missed:
        _say(f"MISSED: {line}")
    raise SystemExit(bool(missed))


def _measure(kind: str, bench: Bench, provider: Provider, given: argparse.Namespace) -> Iterator[str]:
    waits = latency(bench, provider, given.samples)
    p95 = waits[int(len(waits) * 0.95)]
    _say(
        f"{kind} queue: from commit to provider p50 {statistics.median(waits):.1f} ms, p95 {p95:.1f} ms, "
        f"max {waits[-1]:.1f} ms ({len(waits)} codes); goal p95 {SOON[kind]} ms"
    )
    if p95 >= SOON[kind]:
        yield f"{kind}: p95 {p95:.1f} ms, not under {SOON[kind]} ms"
    found = throughput(bench, provider, given.texts)
    _say(
        f"{kind} queue: {found['a second']:.0f} codes/s by two workers, {found['cpu ms']:.1f} ms of processor a code "
        f"in the workers, {found['its cpu ms']:.1f} ms in the stand-in; goal {TEXTS_A_SECOND}/s; {bench.states()}"
    )
    if found["a second"] < TEXTS_A_SECOND:
        yield f"{kind}: {found['a second']:.0f} codes/s, not {TEXTS_A_SECOND}"


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
