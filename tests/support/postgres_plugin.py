"""pytest plugin: one PostgreSQL server for the whole run, shared by all xdist workers.

Nothing starts until a test asks for `postgres_server`; the first worker that does starts it, the others find
it. It ends with the controller however that ends: the server's process waits on a pipe that the controller
holds open, and the kernel closes that even at a kill -9.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.postgres import LocalServer
from tests.support.postgres_binaries import GIVEN
from tests.support.postgres_databases import Server

# Folder of this run, handed from the controller to the workers.
RUN_FOLDER = "COUNTERSIGN_PYTEST_POSTGRES"

ROOT = Path(__file__).resolve().parents[2]


class RunFolder:
    """What controller and workers share: `alive` (the pipe), `lock`, `running`, and `url` once known."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pipe: int | None = None

    @classmethod
    def create(cls) -> "RunFolder":
        """A new one, held by the controller."""
        folder = cls(Path(tempfile.mkdtemp(prefix="countersign-pytest-")))
        os.mkfifo(folder.path / "alive")
        # Opened for both directions, one end of a pipe does not wait for the other.
        folder._pipe = os.open(folder.path / "alive", os.O_RDWR)
        return folder

    def url(self) -> str:
        """URL of this run's server, started if nobody did yet. Raises RuntimeError with the reason."""
        told = self.path / "url"
        with self._locked("lock"):
            if not told.exists():
                told.write_text(self._start())
        return told.read_text()

    def remove(self) -> None:
        """Let go of the pipe, which stops the server, and wait until it is gone."""
        if self._pipe is not None:
            os.close(self._pipe)
        with self._locked("running"):
            shutil.rmtree(self.path, ignore_errors=True)

    def _start(self) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.postgres", "--background", self.path],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if not done.stdout:
            raise RuntimeError(f"No PostgreSQL for the tests: {done.stderr}")
        return done.stdout.strip()

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with (self.path / name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


controller = pytest.StashKey[RunFolder]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and GIVEN not in os.environ:
        folder = RunFolder.create()
        config.stash[controller] = folder
        os.environ[RUN_FOLDER] = str(folder.path)


def pytest_unconfigure(config: pytest.Config) -> None:
    if folder := config.stash.get(controller, None):
        os.environ.pop(RUN_FOLDER, None)
        folder.remove()


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Server:
    """The run's shared server. Make databases on it (`.database()`), and leave it running."""
    if given := os.environ.get(GIVEN):
        return Server(given)
    own = pytestconfig.stash.get(controller, None)
    return Server((own or RunFolder(Path(os.environ[RUN_FOLDER]))).url())


@pytest.fixture
def own_postgres() -> Iterator[LocalServer]:
    """A server of this test's own, to stop, kill and restart. Half a second."""
    with LocalServer() as server:
        yield server
