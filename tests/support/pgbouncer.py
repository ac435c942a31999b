"""A real PgBouncer in transaction mode between the site and a server: few connections for all clients."""

import os
import shutil
import subprocess
from typing import Self

import psycopg
from sqlalchemy.engine import URL, make_url

from tests.support.live_site import free_port
from tests.support.postgres_binaries import Runner
from tests.support.worker_process import wait_until

HOW_TO_GET_ONE = (
    "PgBouncer was not found, so nothing is tested through one. Debian, Ubuntu: apt-get install pgbouncer."
)

_SETTINGS = """
[databases]
* = host={host} port={port} user={user}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = 200
admin_users = admin
log_connections = 0
log_disconnections = 0
"""


def find_pgbouncer() -> str | None:
    """Its program, where a user who is not root may not have the folder in PATH."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class PgBouncer:
    """In a `with`. At most ``servers`` connections to a database of the server of ``url``."""

    def __init__(self, url: str, servers: int) -> None:
        program = find_pgbouncer()
        assert program is not None, HOW_TO_GET_ONE
        to = make_url(url)
        self._port = free_port()
        runner = Runner.choose()
        self._folder = runner.new_folder("countersign-pgbouncer-")
        settings = self._folder / "pgbouncer.ini"
        settings.write_text(
            _SETTINGS.format(
                host=to.host, port=to.port or 5432, user=to.username, servers=servers, own_port=self._port,
                password=f" password={to.password}" if to.password else "",
            )
        )  # fmt: skip
        runner.own(settings)
        self._log = self._folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, settings], cwd=self._folder, stdout=log, stderr=log, **runner.arguments()
            )

    def __enter__(self) -> Self:
        wait_until(lambda: self._process.poll() is not None or self._answers(), 30)
        assert self._process.poll() is None, self._log.read_text()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, direct: str) -> str:
        """The way through here to the database that ``direct`` names."""
        through: URL = make_url(direct).set(host="127.0.0.1", port=self._port, password=None)
        return through.render_as_string(hide_password=False)

    def figures(self) -> dict[str, int]:
        """Of all pools together, such as "cl_active", "sv_idle"."""
        total: dict[str, int] = {}
        with self._console() as console:
            cursor = console.execute("SHOW POOLS")
            names = [column.name for column in cursor.description or ()]
            for row in cursor:
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, int):
                        total[name] = total.get(name, 0) + value
        return total

    def _answers(self) -> bool:
        try:
            self._console().close()
        except psycopg.OperationalError:
            return False
        return True

    def _console(self) -> "psycopg.Connection[tuple[object, ...]]":
        # It knows the simplest form of the protocol only.
        return psycopg.connect(
            host="127.0.0.1", port=self._port, user="admin", dbname="pgbouncer", autocommit=True,
            connect_timeout=2, cursor_factory=psycopg.ClientCursor,
        )  # fmt: skip
