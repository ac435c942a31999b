"""Makes sure that the tests have a PostgreSQL server and a Chromium: says which, or installs them.

As root on Debian or Ubuntu what is missing is installed from the distribution; elsewhere a message says what
to install, and the exit code is 1. Without PgBouncer the tests that go through one are left out.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tests.support import chromium, pgbouncer, postgres_binaries


@dataclass(frozen=True)
class Tool:
    """Something that pip cannot bring (or not everywhere), and the Debian package that does."""

    name: str
    find: Callable[[], object | None]
    package: str
    how_to_get_one: str
    needed: bool = True


TOOLS = (
    Tool("PostgreSQL", postgres_binaries.find_server, "postgresql", postgres_binaries.HOW_TO_GET_ONE),
    Tool("Chromium", chromium.find_chromium, "chromium", chromium.HOW_TO_GET_ONE),
    Tool("PgBouncer", pgbouncer.find_pgbouncer, "pgbouncer", pgbouncer.HOW_TO_GET_ONE, needed=False),
)


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str]) -> None:
    """Without recommended packages, and without questions; each by itself, since one may be unknown here."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install_one = ("install", "-qq", "-y", "--no-install-recommends")
    for command in (["update", "-qq"], *([*install_one, package] for package in packages)):
        print("+ apt-get", *command, flush=True)
        subprocess.run(["apt-get", *command], check=False, env=environment, stdin=subprocess.DEVNULL)


def main() -> int:
    missing = [tool for tool in TOOLS if tool.find() is None]
    if missing and can_install():
        install([tool.package for tool in missing])
        missing = [tool for tool in missing if tool.find() is None]
    for tool in missing:
        print(tool.how_to_get_one, file=sys.stderr)
    for tool in TOOLS:
        if tool not in missing:
            print(f"{tool.name}: {tool.find()}")
    return 1 if any(tool.needed for tool in missing) else 0


if __name__ == "__main__":
    sys.exit(main())
