"""A mailing-list manager's export as a compiled program: batches of keys into structs, encoding/csv, a guard."""

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.figures import Contestant, LeftOut
from benchmarks.jobs import Setting
from benchmarks.peers import HERE
from benchmarks.servers import WebServer

#: Where Debian's packages put their source.
_SYSTEM = Path("/usr/share/gocode")
_NEEDED = ("lib/pq", "jmoiron/sqlx")


def served(setting: Setting, folder: Path, conninfo: str, account: int) -> Contestant:
    """Go"""
    program = _built(folder)
    server = setting.stack.enter_context(
        WebServer([str(program), "127.0.0.1:{port}", f"{conninfo}?sslmode=disable"], {}, folder / "go.log")
    )
    path, postmaster = f"/export?account={account}", setting.postgres.process_id()
    server.download(path, database=postmaster)
    return Contestant(
        "Go", lambda: server.download(path, database=postmaster), setting.rows, "Go, keyset batches of 1,000"
    )


def version() -> str:
    found = shutil.which("go")
    if not found:
        return "not there"
    return subprocess.run(
        [found, "env", "GOVERSION"], capture_output=True, text=True, check=False
    ).stdout.strip()


def _built(folder: Path) -> Path:
    compiler = shutil.which("go")
    if not compiler or not all((_SYSTEM / "src/github.com" / name).is_dir() for name in _NEEDED):
        raise LeftOut(
            "needs Debian's packages golang-go, golang-github-lib-pq-dev and golang-github-jmoiron-sqlx-dev"
        )
    program = folder / "listmonk-shape"
    without_modules = {
        "GO111MODULE": "off",
        "GOPATH": str(_SYSTEM),
        "GOFLAGS": "",
        "GOCACHE": str(folder / "go"),
    }
    made = subprocess.run(
        [compiler, "build", "-o", str(program), str(HERE / "listmonk_shape" / "main.go")],
        capture_output=True, text=True, check=False, env={**os.environ, **without_modules},
    )  # fmt: skip
    if made.returncode:
        raise LeftOut(f"the Go program was not built: {made.stderr.strip()[-200:]}")
    return program
