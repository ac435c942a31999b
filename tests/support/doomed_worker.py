"""Processes of the site, quickly: `flask worker` (which can die at a chosen step, as by a power cut) and gunicorn.

A process that has everything imported forks each of them, which takes a tenth of the time of a fresh start. What runs
is the command itself; to die, one of its functions is replaced by one that kills the process before or after it.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.support.worker_process import ROOT, process_environment, wait_until


class Nursery:
    """Forks processes. In a `with`; those that still run at its end are killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.doomed_worker"],
            cwd=ROOT, env=process_environment({}), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._alive: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in list(self._alive):
            os.kill(process, signal.SIGKILL)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()  # leaving by itself, it would tidy up its memory for half a second
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def worker(self, settings: dict[str, str], log: Path, dies: str = "") -> "Forked":
        """``dies``: "before module:function" or "after module:Class.method"; nothing: it lives until it is killed."""
        return self.start(["flask", "worker"], settings, log, dies=dies)

    def start(
        self, command: list[str], settings: dict[str, str], log: Path, *, folder: Path = ROOT, dies: str = ""
    ) -> "Forked":
        """`flask ...` or `gunicorn ...` in ``folder``, with its output in ``log``."""
        asked = {"start": settings, "command": command, "log": str(log), "folder": str(folder), "dies": dies}
        process = self._ask(asked)
        self._alive.add(process)
        return Forked(self, process)

    def status(self, process: int) -> int | None:
        """As of ``Popen.poll()``."""
        found = self._ask({"status": process})
        if found is not None:
            self._alive.discard(process)
        return found

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class Forked:
    """One process; killed at the end of a `with` if it still runs."""

    def __init__(self, nursery: Nursery, process: int) -> None:
        self._nursery, self._process = nursery, process
        self._status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is None:
            self.kill()

    @property
    def status(self) -> int | None:
        if self._status is None:
            self._status = self._nursery.status(self._process)
        return self._status

    def send(self, number: signal.Signals) -> None:
        os.kill(self._process, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        wait_until(lambda: self.status is not None)

    def wait_until_dead(self) -> None:
        """By its own hand, and not of a fault."""
        wait_until(lambda: self.status is not None, 60)
        assert self.status == -signal.SIGKILL


def _serve() -> None:
    import app  # noqa: F401
    import blueprints  # noqa: F401
    import commands  # noqa: F401
    import services.gateways.vonage
    import services.wake_queue  # noqa: F401

    statuses: dict[int, int] = {}
    for line in sys.stdin:
        question = json.loads(line)
        if "start" in question:
            answer: int | None = os.fork()
            if answer == 0:
                _become(question)
        else:
            process = question["status"]
            found, status = os.waitpid(process, os.WNOHANG)
            if found:
                statuses[process] = os.waitstatus_to_exitcode(status)
            answer = statuses.get(process)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _become(question: dict[str, Any]) -> None:
    os.environ.update(question["start"])
    os.chdir(question["folder"])
    log = os.open(question["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if question["dies"]:
        _doom(*question["dies"].split())
    sys.argv = question["command"]
    programs = {"flask": "flask.cli:main", "gunicorn": "gunicorn.app.wsgiapp:run"}
    module, _, name = programs[sys.argv[0]].partition(":")
    getattr(importlib.import_module(module), name)()


def _doom(when: str, where: str) -> None:
    module, _, path = where.partition(":")
    *holders, name = path.split(".")
    holder: Any = importlib.import_module(module)
    for part in holders:
        holder = getattr(holder, part)
    whole: Callable[..., Any] = getattr(holder, name)

    def doomed(*args: Any, **options: Any) -> None:
        if when == "after":
            whole(*args, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(holder, name, doomed)


if __name__ == "__main__":
    _serve()
