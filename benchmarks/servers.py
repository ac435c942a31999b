"""A web server of any kind as a process, and a download from it that is thrown away."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from benchmarks.cpu import Cost, cpu_of, forget_peak, peak
from tests.support.live_site import free_port
from tests.support.worker_process import ROOT, process_environment, wait_until

_BUFFER = 1 << 18


def gunicorn(application: str, *, python: str | Path = sys.executable, folder: Path = ROOT) -> list[str]:
    """One process with threads, as the site itself is served; {port} is filled in by WebServer."""
    return [
        str(python), "-m", "gunicorn", application, "--worker-class", "gthread", "--threads", "8", "--bind",
        "127.0.0.1:{port}", "--graceful-timeout", "2", "--chdir", str(folder), "-c", str(ROOT / "gunicorn.conf.py"),
    ]  # fmt: skip


class WebServer:
    """``alive`` is a path that is asked for until it answers. In a ``with``; ended at its end."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, alive: str = "/"
    ) -> None:
        self.port = free_port()
        self._log, self._alive = log, alive
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [word.replace("{port}", str(self.port)) for word in command], cwd=ROOT, stdout=file, stderr=file,
                env=process_environment({**environment, "PORT": str(self.port)}), start_new_session=True,
            )  # fmt: skip

    def __enter__(self) -> Self:
        wait_until(self._answers, 60)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def download(
        self, path: str, headers: Mapping[str, str] | None = None, database: int | None = None
    ) -> Cost:
        """Read an answer to its end and throw it away. ``database``: a process whose CPU counts as well.

        The reader's own CPU does not count.
        """
        counted = [self._process.pid, *([database] if database else [])]
        serving = self.serving
        idle, cpu, wall = forget_peak(serving), cpu_of(*counted), time.perf_counter()
        first = self._read(path, headers or {})
        wall = time.perf_counter() - wall
        time.sleep(0.2)  # what is put down at the end counts, too
        return Cost(cpu_of(*counted) - cpu, wall, first, peak(serving) - idle)

    def _read(self, path: str, headers: Mapping[str, str]) -> float:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)
        began = time.perf_counter()
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}:\n{self._log.read_text()[-2000:]}")
        first = time.perf_counter() - began if answer.read(1) else 0.0
        buffer = bytearray(_BUFFER)
        while answer.readinto(buffer):
            pass
        connection.close()
        return first

    @property
    def serving(self) -> int:
        """The process that answers: gunicorn's child, or the server itself."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return int(children[0]) if children else self._process.pid

    def _answers(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()[-2000:]
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", self._alive)
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
