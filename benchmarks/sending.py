"""What benchmarks of sending share: a site whose texts go through the real SDK, over TLS, to a stand-in."""

import json
import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask_migrate import upgrade
from sqlalchemy import func, select

import config
from app import create_app
from extensions import db
from models import Message
from models.challenge import Challenge
from services.clock import now
from services.outbox import queue_sms
from services.unit_of_work import after_commit, write
from tests.support.site import Site
from tests.support.worker_process import ROOT, WorkerProcess, process_environment, wait_until

_TICK = os.sysconf("SC_CLK_TCK")


class Provider:
    """The stand-in as a process, and what it has seen so far."""

    def __init__(self, folder: Path, *behaviour: str) -> None:
        """``behaviour``: options of tests.support.vonage_standin, such as ``"--default", "slow:0.2"``."""
        self._log = folder / "requests.jsonl"
        self.ca = folder / "ca.pem"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.vonage_standin", "--log", str(self._log), "--ca", str(self.ca),
             *behaviour],
            cwd=ROOT, env=process_environment({}), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.port = json.loads(self._process.stdout.readline())["port"]

    def posts(self) -> list[tuple[str, str]]:
        """(our id, how it was answered) of each request, in the order in which they came."""
        read = sorted(map(json.loads, self._lines()), key=lambda line: float(line["at"]))
        return [(line["body"]["client_ref"], line["behaviour"]) for line in read]

    def seen(self) -> list[tuple[float, str]]:
        """(when, our id) of each request, in the order in which they came."""
        read = map(json.loads, self._lines())
        return sorted((line["at"], line["body"]["client_ref"]) for line in read)

    def _lines(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []

    def count(self) -> int:
        return self._log.read_bytes().count(b"\n") if self._log.exists() else 0

    @property
    def cpu(self) -> float:
        return cpu_of(self._process.pid)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


class Bench:
    """A site on the stand-in, with one person who is sent as many codes as one likes, each to a phone of its own."""

    def __init__(self, database_url: str, queue_url: str, folder: Path, provider: Provider) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.settings = {
            "APP_ENV": "testing", "SECRET_KEY": "a key for benchmarks, 32 bytes or more", "LOG_LEVEL": "INFO",
            "DATABASE_URL": database_url, "QUEUE_URL": queue_url, "INSTANCE_PATH": str(folder),
            "PUBLIC_URL": "http://localhost", "ARGON2_MEMORY_MIB": "8", "SMS_GATEWAY": "vonage",
            "VONAGE_APPLICATION_ID": "78d335fa-323d-0114-9c3d-d6f0d48968cf", "VONAGE_SENDER": "Acme",
            "VONAGE_PRIVATE_KEY": key.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ).decode(),
            "VONAGE_API_HOST": f"127.0.0.1:{provider.port}", "REQUESTS_CA_BUNDLE": str(provider.ca),
            "NO_PROXY": "127.0.0.1", "VONAGE_RATE": "0", "MAIL_GATEWAY": "outbox",
        }  # fmt: skip
        self.committed_at = 0.0
        self._folder = folder
        self._provider = provider
        self._site = Site(create_app(config.load({**self.settings, "LOG_LEVEL": "WARNING"})))
        with self._site.context():
            upgrade()
        _, self._user = self._site.world.acme()
        self._site.half_signed_in(self._user)
        with self._site.context():
            self._like = db.session.scalars(select(Challenge)).one()
            db.session.expunge(self._like)

    @contextmanager
    def workers(self, count: int, **changed: str) -> Iterator[list[WorkerProcess]]:
        with ExitStack() as stack:
            started = [
                WorkerProcess({**self.settings, **changed}, self._folder / f"worker-{n}.log")
                for n in range(count)
            ]
            yield [stack.enter_context(worker) for worker in started]
            for worker in started:
                worker.stop()

    def promise(self, count: int) -> list[str]:
        """Codes to as many phones, in one transaction; returns the ids of their messages."""
        with self._site.context(), write():
            after_commit(self._note_commit)  # the first of what comes after the commit, before the wakes
            return [self._code() for _ in range(count)]

    def _note_commit(self) -> None:
        self.committed_at = time.time()

    def wait_until_quiet(self) -> None:
        with self._site.context():
            wait_until(lambda: not self._waiting(), 300)

    def fates(self) -> dict[str, str]:
        """{our id: state} of every text."""
        with self._site.context():
            rows = db.session.execute(
                select(Message.public_id, Message.state).where(Message.channel == "sms")
            )
            return {row[0]: row[1] for row in rows}

    def states(self) -> dict[str, int]:
        with self._site.context():
            return {row[0]: row[1] for row in db.session.execute(
                select(Message.state, func.count()).group_by(Message.state)
            )}  # fmt: skip

    def _waiting(self) -> int:
        return (
            db.session.scalar(
                select(func.count()).select_from(Message).where(Message.state.in_(("queued", "sending")))
            )
            or 0
        )

    def _code(self) -> str:
        moment = now()
        number = f"+4474{random.randrange(10**8):08d}"
        challenge = Challenge(
            user_id=self._user.id, pending_sign_in_id=self._like.pending_sign_in_id, purpose="login",
            destination=number, country="GB", prefix=number[:-4], nonce=secrets.token_bytes(16), sends=1,
            created_at=moment, last_sent_at=moment, expires_at=moment + timedelta(seconds=600),
        )  # fmt: skip
        db.session.add(challenge)
        db.session.flush()
        sent = queue_sms(
            "code", to=number, user=self._user, challenge=challenge, expires_at=challenge.expires_at
        )
        return sent.public_id


def cpu_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK
