"""The site of a soak: PostgreSQL, two web processes, two workers, the provider's stand-in; and what befalls them."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import make_url

from benchmarks.sending import Provider
from benchmarks.soak.people import Who
from benchmarks.soak.records import Records
from settings_schema import Settings
from tests.support.exporting import many_contacts
from tests.support.live_site import LiveSite
from tests.support.postgres import LocalServer
from tests.support.site import Site
from tests.support.worker_process import WorkerProcess, wait_until

#: The disk of uploads and files, where a small one can be mounted.
DISK = "96m"
_DOWN = 3.0
_FULL = 8.0


class House(LiveSite):
    """The first web process and the first worker are never killed: memory is read from them."""

    def __init__(self, folder: Path, server: LocalServer, provider: Provider, records: Records) -> None:
        database = server.create_database("soak")
        queue = make_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.disk = folder / "disk"
        self.disk.mkdir()
        self.has_disk = _mounted(self.disk)
        #: Faults that could not be made here, and why.
        self.not_tried = (
            [] if self.has_disk else ["disk full: no small disk could be mounted (that takes root)"]
        )
        storage = self.disk / "storage"
        storage.mkdir()
        super().__init__(
            folder, database,
            SMS_GATEWAY="vonage", VONAGE_APPLICATION_ID="78d335fa-323d-0114-9c3d-d6f0d48968cf", VONAGE_SENDER="Acme",
            VONAGE_PRIVATE_KEY=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            VONAGE_API_HOST=f"127.0.0.1:{provider.port}", REQUESTS_CA_BUNDLE=str(provider.ca), NO_PROXY="127.0.0.1",
            VONAGE_RATE="0", QUEUE_URL=queue, STORAGE_URL=storage.as_uri(),
            **{name.upper(): "1000000/day" for name in Settings.model_fields if name.startswith("limit_")},
        )  # fmt: skip
        self._server, self._records = server, records
        self._second: WorkerProcess | None = None
        self._first_web = 0

    def __enter__(self) -> Self:
        super().__enter__()
        self._start_second()
        wait_until(lambda: len(self.web_processes()) == 2)
        self._first_web = self.web_processes()[0]
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._second is not None:
            self._second.__exit__()
        super().__exit__()
        if self.has_disk:
            subprocess.run(["umount", "-l", str(self.disk)], check=False)

    def people(self, count: int, contacts: int) -> list[Who]:
        """Owners of an account each, with that many contacts."""
        found = []
        for number in range(count):
            account = self.world.account(f"Soak {number}", two_factor=True)
            owner = self.world.owner(
                account, mobile_number=f"+4474002{number:05}", email=f"owner-{number}@soak.example"
            )
            many_contacts(self.site, account, contacts)
            found.append(Who(owner.id, owner.email, str(owner.mobile_number)))
        return found

    @property
    def site(self) -> Site:
        return self._site

    @property
    def faults(self) -> dict[str, Callable[[], None]]:
        found = {
            "worker killed": self._kill_second, "web process killed": self._kill_web,
            "PostgreSQL restarted, fast": self._restart_database, "PostgreSQL restarted, at once": self._crash_database,
        }  # fmt: skip
        return found | ({"disk full": self._fill_disk} if self.has_disk else {})

    def watch_memory(self, stop: threading.Event) -> None:
        """Every two seconds, of what lives through it all."""
        assert self.web is not None and self.worker is not None  # noqa: PT018  # for the type checker
        lasting = {
            "web process": self._first_web,
            "worker": self.worker.process.pid,
            "gunicorn": self.web.pid,
        }
        while not stop.wait(2):
            for name, process in lasting.items():
                try:
                    status = Path(f"/proc/{process}/status").read_text()
                except FileNotFoundError:
                    continue
                kib = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")), "")
                if kib:
                    self._records.memory[name].append((time.time(), int(kib)))

    def _start_second(self) -> None:
        self._second = WorkerProcess({**self.settings, "LOG_LEVEL": "INFO"}, self.folder / "worker-2.log")
        self._second.__enter__()

    def _kill_second(self) -> None:
        assert self._second is not None
        self._second.kill()
        time.sleep(_DOWN)
        self._start_second()

    def _kill_web(self) -> None:
        before = self.web_processes()
        os.kill(next(one for one in before if one != self._first_web), signal.SIGKILL)
        wait_until(lambda: len(set(self.web_processes()) - set(before)) == 1, 30)

    def _restart_database(self) -> None:
        self._server.restart()

    def _crash_database(self) -> None:
        self._server.stop()
        time.sleep(_DOWN)
        self._server.start()

    def _fill_disk(self) -> None:
        ballast = self.disk / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                while file.write(b"\0" * (1 << 20)) == 1 << 20:
                    pass
        except OSError:  # it is full now
            pass
        time.sleep(_FULL)
        ballast.unlink()


def _mounted(folder: Path) -> bool:
    """A small disk of its own, where this machine lets us."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    return done.returncode == 0
