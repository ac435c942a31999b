"""Real processes of the site: `flask worker` and other commands, to be started, stopped and killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]


def process_environment(settings: dict[str, str]) -> dict[str, str]:
    """What a process sees: the machine's own names, and of the site's settings only the given ones."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "error::ResourceWarning", **settings}


def flask(settings: dict[str, str], *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run `flask ...` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT, env=process_environment(settings), input=stdin, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


class WorkerProcess:
    """`flask worker` with its log. Killed at the end of a `with` if it still runs."""

    def __init__(self, settings: dict[str, str], log: Path) -> None:
        self._log = log
        self._began_at = log.stat().st_size if log.exists() else 0
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", "worker"],
                cwd=ROOT, env=process_environment(settings), stdout=file, stderr=file,
            )  # fmt: skip

    def __enter__(self) -> Self:
        wait_until(lambda: "worker started" in self.log or self.process.poll() is not None, 60)
        assert self.process.poll() is None, f"the worker did not start:\n{self.log}"
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()

    @property
    def log(self) -> str:
        """What this process has written so far."""
        with self._log.open("rb") as file:
            file.seek(self._began_at)
            return file.read().decode()

    def kill(self) -> None:
        """As a power cut would: nothing is finished, nothing is told."""
        self.process.kill()
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Politely; returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=40)


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    """Look every 20 ms; a failed assertion after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(0.02)
