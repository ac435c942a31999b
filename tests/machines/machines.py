"""Several machines of one site: each with its own folders and processes, and nothing in common but the database."""

import re
import signal
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import config
from app import create_app
from extensions import db
from tests.conftest import FAST
from tests.support.doomed_worker import Forked, Nursery
from tests.support.live_site import free_port
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin
from tests.support.worker_process import ROOT, wait_until

_CODE = re.compile(r"(\d{6}) is your")


@dataclass
class Machine:
    """``own``: all that it can keep between two requests; ``log``: what it says."""

    name: str
    own: Path
    log: Path
    process: Forked
    address: str = ""

    def is_up(self) -> bool:
        assert not self.is_down(), f"{self.name} ended:\n{self.log.read_text()}"
        if not self.address:
            return "worker started" in self.log.read_text()
        try:
            return requests.get(f"{self.address}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def is_down(self) -> bool:
        return self.process.status is not None

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.own)) for path in self.own.rglob("*") if path.is_file())


def plain(url: str) -> str:
    """A URL of SQLAlchemy's as libpq knows it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


class Machines:
    """Makes web and worker machines. ``site`` is this process's own view of the same database.

    ``shared`` are settings that all of them have; a machine's own are given when it is made.
    """

    def __init__(self, folder: Path, nursery: Nursery, vonage: VonageStandin, **shared: str) -> None:
        authority = folder / "provider.pem"
        authority.write_bytes(vonage.ca_pem)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._folder, self._nursery, self._vonage = folder, nursery, vonage
        self._all: list[Machine] = []
        self._shared = {
            **FAST, "LIMIT_SIGN_IN_ADDRESS": "10000/hour", "LIMIT_SIGN_IN_USER": "1000/hour", "LOG_LEVEL": "INFO",
            "SMS_GATEWAY": "vonage", "VONAGE_APPLICATION_ID": "78d335fa-323d-0114-9c3d-d6f0d48968cf",
            "VONAGE_SENDER": "Acme", "VONAGE_API_HOST": vonage.host, "REQUESTS_CA_BUNDLE": str(authority),
            "NO_PROXY": "127.0.0.1", "FLASK_APP": str(ROOT / "app.py"),
            "VONAGE_PRIVATE_KEY": key.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ).decode(),
            **shared,
        }  # fmt: skip
        here = {**self._shared, "INSTANCE_PATH": str(self._new_folder("here")), "LOG_LEVEL": "WARNING"}
        self.site = Site(create_app(config.load(here)))

    def web(self, name: str, *, workers: int = 1, **own: str) -> Machine:
        port = free_port()
        command = [
            "gunicorn", "app:create_app()", "-c", str(ROOT / "gunicorn.conf.py"), "--workers", str(workers),
            "--bind", f"127.0.0.1:{port}", "--graceful-timeout", "1",
        ]  # fmt: skip
        return self._start(name, command, own, f"http://127.0.0.1:{port}")

    def worker(self, name: str, **own: str) -> Machine:
        return self._start(name, ["flask", "worker"], own)

    def wait(self) -> None:
        """Until every machine has started."""
        for machine in self._all:
            wait_until(machine.is_up, 60)

    def close(self) -> None:
        running = [machine for machine in self._all if not machine.is_down()]
        for machine in running:
            # gunicorn's own processes end with it at this one, at once.
            machine.process.send(signal.SIGQUIT if machine.address else signal.SIGKILL)
        for machine in running:
            wait_until(machine.is_down)
        with self.site.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def texts(self, number: str) -> list[str]:
        """What this phone received from the provider."""
        return [r.body["text"] for r in list(self._vonage.requests) if "+" + r.body.get("to", "") == number]

    def next_code(self, number: str, seen: int) -> str:
        """The code in the newest text, once more than ``seen`` texts have come."""
        wait_until(lambda: len(self.texts(number)) > seen)
        found = _CODE.match(self.texts(number)[-1])
        assert found, self.texts(number)[-1]
        return found[1]

    def log_of(self, name: str) -> str:
        return next(machine.log.read_text() for machine in self._all if machine.name == name)

    def _start(self, name: str, command: list[str], own: dict[str, str], address: str = "") -> Machine:
        folder = self._new_folder(name)
        log = self._folder / f"{name}.log"
        settings = {**self._shared, "INSTANCE_PATH": str(folder), **own}
        process = self._nursery.start(command, settings, log, folder=folder)
        self._all.append(Machine(name, folder, log, process, address))
        return self._all[-1]

    def _new_folder(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder
