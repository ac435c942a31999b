"""Where an export, an import and a page spend their time: samples of the running processes, by function.

    python -m benchmarks.profiling [--rows 300000] [--only export import page]

Prints the largest by their own time, and the share of the database; flame graphs go to build/profile/. The sampler
(py-spy) comes with the peers' environment.
"""

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks import floors, peers
from benchmarks.cpu import cpu_of
from benchmarks.servers import WebServer, gunicorn
from benchmarks.sites import Site
from tests.support.postgres import LocalServer
from tests.support.worker_process import ROOT

_FOLDER = ROOT / "build" / "profile"
_SHOWN = 12
_PAGES = 1500
#: What only waits for somebody else; where the sampler cannot tell sleeping from working, it counts as work.
_WAITING = (
    "_worker (concurrent",
    "EpollSelector.select",
    "Connection.wait",
    "_waiter.<locals>.wait",
    "WorkerTmp.notify",
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Where the heavy jobs spend their time")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--only", nargs="*", default=["export", "import", "page"])
    given = parser.parse_args()
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, LocalServer() as server, ExitStack() as stack:
        folder, postmaster = Path(name), server.process_id()
        site = Site(server.create_database("profile"), folder / "site")
        if "import" in given.only:
            file = floors.csv_file(folder / "import.csv", given.rows)
            site.import_file(floors.csv_file(folder / "few.csv", 3))
            site.forget_imported()
            _profiled("import", lambda: _forked(lambda: site.import_file(file)), postmaster, wait_for_it=True)
            site.forget_imported()
        if set(given.only) - {"import"}:
            site.fill(given.rows)
            path, headers = site.fixed()
            web = stack.enter_context(
                WebServer(gunicorn("app:create_app()"), site.settings, folder / "web.log", "/healthz")
            )
            web.download(path, headers)
        if "export" in given.only:
            _profiled("export", lambda: (web.serving, lambda: web.download(path, headers)), postmaster)
        if "page" in given.only:
            _profiled("page", lambda: (web.serving, lambda: _pages(web.port, headers)), postmaster)


def _profiled(
    name: str,
    begin: Callable[[], tuple[int, Callable[[], object]]],
    postmaster: int,
    *,
    wait_for_it: bool = False,
) -> None:
    """Twice: for the table, and for the picture. ``begin`` gives the process and what has it work."""
    spy = peers.python().with_name("py-spy")
    for kind, file in (("raw", _FOLDER / f"{name}.txt"), ("flamegraph", _FOLDER / f"{name}.svg")):
        process, work = begin()
        cpu, database = cpu_of(process), cpu_of(postmaster)
        with subprocess.Popen(
            [
                str(spy),
                "record",
                "-r",
                "400",
                "-f",
                kind,
                "-o",
                str(file),
                "--function",
                "-p",
                str(process),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as sampler:
            time.sleep(0 if wait_for_it else 1.5)
            work()
            if not wait_for_it:
                cpu = cpu_of(process) - cpu
                sampler.send_signal(2)
        if kind == "raw":
            database = cpu_of(postmaster) - database
            told = f"{cpu:.2f} s" if not wait_for_it else "the rest"
            print(f"\n{name}: database {database:.2f} s, application {told}; own time in it:")
            _tell(file)
        if wait_for_it and kind == "raw":
            return  # it would find every row there the second time


def _forked(work: Callable[[], object]) -> tuple[int, Callable[[], object]]:
    """A child that begins once the sampler looks."""
    child = os.fork()
    if child == 0:
        time.sleep(2)
        work()
        os._exit(0)
    return child, lambda: os.waitpid(child, 0)


def _pages(port: int, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(_PAGES):
        connection.request("GET", "/contacts", headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status


def _tell(file: Path) -> None:
    own: Counter[str] = Counter()
    for line in file.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        function = stack.rsplit(";", 1)[-1]
        if not function.startswith(_WAITING):
            own[function] += int(count)
    total = sum(own.values())
    for function, count in own.most_common(_SHOWN):
        print(f"  {count / total:6.1%}  {function}")


if __name__ == "__main__":
    sys.exit(main())
