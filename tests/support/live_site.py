"""The whole site as real processes: gunicorn with two web processes and `flask worker`, on a database of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from sqlalchemy import select

import config
from app import create_app
from extensions import db
from models.message import Message
from services.unit_of_work import write
from tests.support.factories import World
from tests.support.site import Site
from tests.support.worker_process import ROOT, WorkerProcess, flask, process_environment, wait_until

Line = dict[str, str]

#: Every visitor of a test comes from 127.0.0.1, and people sign in more often in a minute than in a week.
ROOMY = {
    "PASSWORDS_IN_HAND": "100",
    "LIMIT_SIGN_IN_ADDRESS": "10000/hour",
    "LIMIT_SIGN_IN_USER": "1000/hour",
    "LIMIT_SMS_USER": "1000/hour",
    "LIMIT_SMS_NUMBER": "1000/day",
    "LIMIT_MAIL_ADDRESS": "1000/hour",
    "LIMIT_SUPPORT_REQUEST_ADDRESS": "1000/hour",
    "LIMIT_HELP_ANSWERS_ADDRESS": "1000/hour",
}


class LiveSite:
    """Started by ``with LiveSite(folder, database_url) as site``; killed at the end, whatever happened in between.

    ``folder`` is the instance folder: outboxes, queue and logs lie in it. ``changed`` are settings by environment name.
    """

    def __init__(self, folder: Path, database_url: str = "", **changed: str) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.folder = folder
        self.settings = {
            "APP_ENV": "development",
            "SECRET_KEY": "a key for tests only, 32 bytes or more",
            "DATABASE_URL": database_url or f"sqlite:///{folder / 'site.sqlite3'}",
            "INSTANCE_PATH": str(folder),
            "PUBLIC_URL": self.address,
            "PORT": str(port),
            "ARGON2_MEMORY_MIB": "8",
            "LOG_LEVEL": "WARNING",
            **ROOMY,
            **changed,
        }
        self._site = Site(create_app(config.load(self.settings)))
        self.world = World(self._site)
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: WorkerProcess | None = None

    def __enter__(self) -> Self:
        try:
            for command in (["db", "upgrade"], ["seed-demo"]):
                done = flask(self.settings, *command)
                assert done.returncode == 0, f"flask {' '.join(command)}: {done.stderr}"
            self.start_web()
            self.start_worker()
            wait_until(self.is_up, 60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for stop in (self.kill_worker, self.stop_web):
            stop()
        with self._site.app.app_context():
            db.session.remove()
            db.engine.dispose()

    # --- processes

    def start_web(self) -> None:
        """`gunicorn 'app:create_app()'`, as README says."""
        with (self.folder / "web.log").open("ab") as log:
            self.web = subprocess.Popen(
                [
                    sys.executable, "-m", "gunicorn", "app:create_app()",
                    "--workers", "2", "--bind", urlsplit(self.address).netloc, "--graceful-timeout", "5",
                ],
                cwd=ROOT, env=process_environment(self.settings), stdout=log, stderr=log,
            )  # fmt: skip

    def start_worker(self) -> None:
        self.worker = WorkerProcess({**self.settings, "LOG_LEVEL": "INFO"}, self.folder / "worker.log")
        self.worker.__enter__()  # waits until it says that it has started

    def stop_web(self) -> None:
        if self.web is not None:
            self.web.terminate()
            try:
                self.web.wait(15)
            except subprocess.TimeoutExpired:
                for child in self.web_processes():
                    os.kill(child, signal.SIGKILL)
                self.web.kill()
                self.web.wait()
            self.web = None

    def kill_worker(self) -> None:
        """kill -9, as a power cut would."""
        if self.worker is not None:
            self.worker.__exit__()
            self.worker = None

    def kill_a_web_process(self) -> None:
        """kill -9 of one of the two that serve pages; gunicorn starts another."""
        before = self.web_processes()
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(set(self.web_processes()) - set(before)) == 1 and self.is_up(), 30)

    def web_processes(self) -> list[int]:
        """Process ids of gunicorn's workers."""
        assert self.web is not None
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def is_up(self) -> bool:
        assert self.web is None or self.web.poll() is None, f"gunicorn ended:\n{self.log('web')}"
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:  # noqa: S310  # our own
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def log(self, which: str) -> str:
        """What "web" or "worker" wrote."""
        path = self.folder / f"{which}.log"
        return path.read_text() if path.exists() else ""

    # --- what arrived

    def texts(self, to: str) -> list[Line]:
        """What this phone received so far, oldest first."""
        return self._arrived("sms-outbox.jsonl", to)

    def mails(self, to: str) -> list[Line]:
        return self._arrived("mail-outbox.jsonl", to)

    def wait_for_text(self, to: str, words: str) -> str:
        """The newest text to ``to`` that has ``words`` in it, once it has come."""
        return self._wait_for(lambda: self.texts(to), words)["text"]

    def wait_for_mail(self, to: str, words: str) -> Line:
        """The newest mail to ``to`` that has ``words`` in its subject or text, once it has come."""
        return self._wait_for(lambda: self.mails(to), words)

    def wait_for_link(self, to: str, path: str) -> str:
        """The newest link in a mail to ``to`` whose path begins with ``path``."""
        mail = self.wait_for_mail(to, self.address + path)
        found = re.search(re.escape(self.address + path) + r"\S+", mail["text"])
        assert found is not None
        return found[0]

    def change_newest(self, channel: str = "sms", **values: Any) -> None:
        """The newest text or call as if a receipt had said so."""
        with self._site.context(), write() as session:
            message = session.scalars(
                select(Message).where(Message.channel == channel).order_by(Message.id.desc()).limit(1)
            ).one()
            for name, value in values.items():
                setattr(message, name, value)

    def _wait_for(self, lines: Callable[[], list[Line]], words: str) -> Line:
        def found() -> list[Line]:
            return [line for line in lines() if words in line.get("subject", "") + "\n" + line["text"]]

        try:
            wait_until(found, 20)
        except AssertionError:
            heard = "\n".join(line["text"] for line in lines())
            raise AssertionError(
                f"nothing with {words!r} arrived, but:\n{heard}\nThe worker:\n{self.log('worker')[-2000:]}"
            ) from None
        return found()[-1]

    def _arrived(self, outbox: str, to: str) -> list[Line]:
        path = self.folder / outbox
        if not path.exists():
            return []
        whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")  # not the line that is being written
        return [line for line in map(json.loads, whole.splitlines()) if line["to"] == to]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
