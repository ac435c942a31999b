"""A real PostgreSQL server for the tests, made for one run and thrown away after it.

`python -m tests.support.postgres` starts one by hand, prints its URL and stops at SIGTERM or Ctrl-C.
"""

import argparse
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import psycopg
from sqlalchemy.engine import URL

from tests.support.postgres_binaries import (
    HOW_TO_GET_ONE,
    NoPostgres,
    Runner,
    find_binaries,
    reachable,
)
from tests.support.postgres_databases import Server

START_SECONDS = 30.0

# Nothing here outlives the machine, so nothing waits for its disk. All that is about concurrency, isolation
# and locks stays as in production; so does synchronous_commit: what was committed survives a kill -9.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class LocalServer(Server):
    """A server of our own, which can also be stopped, killed and started again on the same data.

    `folder` holds all of it: data, log, Unix socket.
    """

    def __init__(self, binaries: Path | None = None, **settings: str) -> None:
        """Make the data folder with `binaries` (default: found); `settings` are PostgreSQL's own, in place of those
        above. Raises NoPostgres if there are none."""
        self._settings = SETTINGS | settings
        found = binaries or find_binaries()
        if found is None:
            raise NoPostgres(HOW_TO_GET_ONE)
        self._runner = Runner.choose()
        self.folder = self._runner.new_folder("countersign-pg-")
        self._data = self.folder / "data"
        self._log = self.folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self.binaries = reachable(found, self._runner, self.folder)
            self._initdb()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.port = _free_port()
        super().__init__(URL.create("postgresql", "postgres", None, "127.0.0.1", self.port, "postgres"))

    @property
    def socket_folder(self) -> Path | None:
        """Folder of the Unix socket; None where the path is too long for one (about 100 bytes)."""
        path = self.folder / f".s.PGSQL.{self.port}"
        return self.folder if len(os.fsencode(path)) < 100 else None

    @property
    def version(self) -> str:
        said = subprocess.run(
            [self.binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return said.stdout.strip()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def process_id(self) -> int:
        """Of the server's first process, the parent of all others."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def start(self) -> Self:
        """Start on the data as it is, and return when connections are taken (at most 30 seconds)."""
        deadline = time.monotonic() + START_SECONDS
        self._spawn()
        while not self._answers():
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"PostgreSQL did not start in {START_SECONDS:.0f} s:\n{self.log()}")
            if not self.running:
                # After a kill -9 the old backends hold the shared memory for a moment longer.
                if "is still in use" not in self.log():
                    raise RuntimeError(f"PostgreSQL ended at once:\n{self.log()}")
                time.sleep(0.1)
                self._spawn()
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """At once, dropping connections, without a checkpoint: the data is good for another start."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """kill -9, as the kernel does when memory runs out."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """An orderly stop (connections are ended, data written), then a start on the same port."""
        self._end(signal.SIGINT)
        self.start()

    def close(self) -> None:
        """Stop and remove everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """The last 4,000 characters that the server wrote since its last start."""
        return self._log.read_text(errors="replace")[-4000:] if self._log.exists() else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _initdb(self) -> None:
        command: list[str | Path] = [
            self.binaries / "initdb",
            "-D",
            self._data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        said = ""
        for name in ("C.UTF-8", "C"):
            done = self._run([*command, "--no-sync", f"--locale={name}"])
            if done.returncode == 0:
                return
            said = done.stdout
        raise RuntimeError(f"initdb failed:\n{said}")

    def _run(self, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **self._runner.arguments(),
        )

    def _spawn(self) -> None:
        settings = self._settings | {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.socket_folder or ""),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self._data, *options],
                cwd=self.folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C at the terminal is for pytest, which then stops us
                **self._runner.arguments(),
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.conninfo(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return self.running

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(how)
        self._process.wait(timeout=START_SECONDS)
        self._process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment() -> dict[str, str]:
    """Ours, less what would point the server's programs (PG*) or texts (LANG, LC_*) elsewhere."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG", "TMPDIR"))}
    return kept | {"LC_ALL": "C"}


def main() -> None:
    """Run a server until SIGTERM or Ctrl-C; or in the background until a pipe's other end closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--background",
        metavar="FOLDER",
        type=Path,
        help="run apart from the terminal until nobody holds the pipe FOLDER/alive; FOLDER/running is locked "
        "as long as the server is there",
    )
    folder = parser.parse_args().background
    if folder and os.fork() != 0:
        os._exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with ExitStack() as stack:
            if folder:
                os.setsid()
                fcntl.flock(stack.enter_context((folder / "running").open("w")), fcntl.LOCK_EX)
            sys.stdout.write(stack.enter_context(LocalServer()).url() + "\n")
            sys.stdout.flush()
            if folder:
                _leave_the_terminal()
                (folder / "alive").read_bytes()
            else:
                signal.pause()
    except KeyboardInterrupt:
        pass
    except NoPostgres as reason:
        sys.exit(str(reason))


def _leave_the_terminal() -> None:
    """Close stdin, stdout and stderr, so that whoever waits for our last word has it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)


if __name__ == "__main__":
    main()
