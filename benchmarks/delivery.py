"""How soon a code is with the provider, and how many a second two workers bring there.

    python benchmarks/delivery.py [--texts 3000] [--samples 60] [--only sqlite postgresql redis]

Real workers, the real SDK over TLS, and a stand-in for the provider as a process of its own that takes 200 ms for each
answer. Latency is counted from the commit to the moment at which the stand-in has read the request, on an idle worker.
Exits 1 when a goal is missed.
"""

import argparse
import json
import os
import random
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask_migrate import upgrade
from sqlalchemy import func, make_url, select

import config
from app import create_app
from extensions import db
from models import Message
from models.challenge import Challenge
from services.clock import now
from services.outbox import queue_sms
from services.unit_of_work import after_commit, write
from tests.support.postgres import LocalServer
from tests.support.site import Site
from tests.support.worker_process import ROOT, WorkerProcess, process_environment, wait_until

ANSWER_SECONDS = 0.2
TEXTS_A_SECOND = 200
#: Milliseconds at p95, by the kind of queue.
SOON = {"sqlite": 200, "postgresql": 20, "redis": 20}
_TICK = os.sysconf("SC_CLK_TCK")


class Provider:
    """The stand-in as a process, and what it has seen so far."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "requests.jsonl"
        self.ca = folder / "ca.pem"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.vonage_standin", "--log", str(self._log), "--ca", str(self.ca),
             "--default", f"slow:{ANSWER_SECONDS}"],
            cwd=ROOT, env=process_environment({}), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.port = json.loads(self._process.stdout.readline())["port"]

    def seen(self) -> list[tuple[float, str]]:
        """(when, our id) of each request, in the order in which they came."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        read = [json.loads(line) for line in lines]
        return sorted((line["at"], line["body"]["client_ref"]) for line in read)

    def count(self) -> int:
        return self._log.read_bytes().count(b"\n") if self._log.exists() else 0

    @property
    def cpu(self) -> float:
        return _cpu(self._process.pid)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


class Bench:
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
        before, cpu, its = provider.count(), sum(_cpu(w.process.pid) for w in workers), provider.cpu
        names = set()
        for _ in range(texts // 100):
            names.update(bench.promise(100))
        wait_until(lambda: provider.count() >= before + len(names), 300)
        used, its = sum(_cpu(w.process.pid) for w in workers) - cpu, provider.cpu - its
        bench.wait_until_quiet()
    at = [when for when, name in provider.seen() if name in names]
    assert len(at) == len(names), "a text was sent twice or not at all"
    middle = at[len(at) // 10 : -len(at) // 10]
    return {
        "a second": (len(middle) - 1) / (middle[-1] - middle[0]),
        "cpu ms": 1000 * used / len(names),
        "its cpu ms": 1000 * its / len(names),
    }


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


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
            provider = Provider(folder)
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
