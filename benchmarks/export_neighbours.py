"""What other visitors feel while three exports run in the process that serves them.

The slowest hundredth of a page that does nothing, and of the same page with nothing beside it: on a machine that is
busy with other things the second says how much of the first is the machine's.

    python -m benchmarks.export_neighbours
"""

import http.client
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.process import BaseProcess
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.servers import WebServer, gunicorn
from benchmarks.sites import Site
from tests.support.postgres import LocalServer

NAME = "Neighbours of three exports"
_EXPORTS = 3


def figures(rounds: int, short: bool = False) -> list[Figure]:
    """The median of the rounds on either database, and of the same page with nothing beside it. Milliseconds."""
    rows = 50_000 if short else 300_000
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(LocalServer())
        sites = {
            "PostgreSQL": Site(postgres.create_database("bench_neighbours"), folder / "postgresql"),
            "SQLite": Site(f"sqlite:///{folder}/site.sqlite3", folder / "sqlite"),
        }
        found = []
        for name, site in sites.items():
            site.fill(rows)
            quiet, busy = _both(site, folder / f"{name}.log", 1 if short else rounds)
            found += [
                Figure(f"{NAME}, {name}: p99 of a no-op page", busy, "ms"),
                Figure(f"{NAME}, {name}: p99 without exports", quiet, "ms"),
            ]
        return found


def _both(site: Site, log: Path, rounds: int) -> tuple[float, float]:
    path, headers = site.fixed()
    with WebServer(gunicorn("app:create_app()"), site.settings, log, "/healthz") as server:
        server.download(path, headers)  # what is done once is done
        quiet, busy = [], []
        for _ in range(rounds):
            quiet.append(_p99(_asked(server, seconds=1.0)))
            readers = [
                multiprocessing.get_context("fork").Process(target=server.download, args=(path, headers))
                for _ in range(_EXPORTS)
            ]
            for reader in readers:
                reader.start()
            busy.append(_p99(_asked(server, readers=readers)))
            for reader in readers:
                reader.join()
                assert reader.exitcode == 0, "a download failed"
    return statistics.median(quiet), statistics.median(busy)


def _asked(server: WebServer, seconds: float = 0.0, readers: Sequence[BaseProcess] = ()) -> list[float]:
    """Milliseconds of each request, one after the other, for some seconds or while all readers are at work."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    took: list[float] = []
    end = time.perf_counter() + seconds
    while all(reader.is_alive() for reader in readers) if readers else time.perf_counter() < end:
        began = time.perf_counter()
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
        took.append(1000 * (time.perf_counter() - began))
        time.sleep(0.002)  # a visitor, not a second load
    connection.close()
    return took


def _p99(took: list[float]) -> float:
    return statistics.quantiles(took, n=100)[98] if len(took) > 1 else took[0]


if __name__ == "__main__":
    for figure in figures(3, short="--short" in sys.argv):
        print(f"{figure.name}: {figure.ours:.2f} {figure.unit}")
