"""A real gunicorn, raw sockets and a database that dies: a file that is not whole never looks whole."""

import hashlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from flask_migrate import upgrade
from sqlalchemy import select, update

from extensions import db
from models import Export, ExportDownload, Job
from services.clock import now
from services.unit_of_work import write
from tests.support.exporting import cookies_of, fixed_export, many_contacts
from tests.support.live_site import free_port
from tests.support.postgres import LocalServer
from tests.support.site import Site
from tests.support.worker_process import ROOT, process_environment, wait_until

pytestmark = pytest.mark.slow

#: 11 MB: more than all buffers between the server and a reader who does not read.
ROWS = 80_000


@dataclass
class Server:
    """One gunicorn with one web process, and an export of 80,000 contacts fixed in it."""

    site: Site
    port: int
    path: str
    cookie: str
    master: int
    database_url: str

    def ask(self, version: str, method: str = "GET") -> socket.socket:
        connection = socket.socket()
        connection.settimeout(60)
        # Else the system may hold all of it for a reader who does not read, and the query is over before it is seen.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(
            f"{method} {self.path} HTTP/{version}\r\nHost: localhost\r\nCookie: {self.cookie}\r\n\r\n".encode()
        )
        return connection

    def when_copying(self, then: LiteralString = "pid") -> None:
        """Wait until a COPY runs, and do ``then`` to it by its number."""
        with self._asking(then) as found:
            wait_until(found)

    def kill_copy(self) -> None:
        """End the backend that runs the COPY, as an administrator or a crash would."""
        self.when_copying("pg_terminate_backend(pid)")

    def copies(self) -> int:
        with self._asking("pid") as found:
            return len(found())

    @contextmanager
    def _asking(self, what: LiteralString) -> Iterator[Callable[[], list[tuple[object, ...]]]]:
        conninfo = self.database_url.replace("+psycopg", "")
        query: LiteralString = (
            "SELECT " + what + " FROM pg_stat_activity"  # noqa: S608  # what stands in this file
            " WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY (SELECT%'"
        )
        with psycopg.connect(conninfo, autocommit=True) as connection:
            yield lambda: connection.execute(query).fetchall()

    def states(self) -> list[str]:
        with self.site.context():
            return list(db.session.scalars(select(ExportDownload.state).order_by(ExportDownload.id)))

    def web_process(self) -> int:
        """The worker. The port is open before it lives: gunicorn listens first and forks then."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children")
        wait_until(lambda: bool(children.read_text().split()))
        return int(children.read_text().split()[0])

    def peak_memory(self) -> int:
        """KiB that the web process held at most since the last look."""
        status = Path(f"/proc/{self.web_process()}/status").read_text()
        peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        Path(f"/proc/{self.web_process()}/clear_refs").write_text("5")
        return peak


@contextmanager
def serving(
    site: Site, environment: dict[str, str], database_url: str, folder: Path, *options: str
) -> Iterator[Server]:
    account, owner = site.world.acme(two_factor=False)
    many_contacts(site, account, ROWS)
    browser = site.signed_in(owner)
    address = fixed_export(browser)
    port = free_port()
    with (folder / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "app:create_app()",
                "--bind", f"127.0.0.1:{port}", "--graceful-timeout", "2", *options,
            ],
            cwd=ROOT, env=process_environment(environment), stdout=log, stderr=log,
        )  # fmt: skip
    cookie = "; ".join(f"{name}={value}" for name, value in cookies_of(browser).items())
    try:
        wait_until(lambda: _listens(port))
        yield Server(site, port, f"{address}/download", cookie, process.pid, database_url)
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture
def server(site: Site, environment: dict[str, str], database_url: str, tmp_path: Path) -> Iterator[Server]:
    with serving(site, environment, database_url, tmp_path) as running:
        yield running


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def read_all(connection: socket.socket) -> bytes:
    """To the end, however it comes."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(1 << 20):
            parts.append(part)
            if part.endswith(b"0\r\n\r\n"):
                break
    except ConnectionResetError:
        pass
    return b"".join(parts)


def unchunked(body: bytes) -> bytes:
    """The content of a chunked body that ends as it should. Raises ValueError for one that does not."""
    content, ended = _content(body)
    if not ended:
        raise ValueError("the last chunk is missing")
    return content


def _content(body: bytes) -> tuple[bytes, bool]:
    """What came of a chunked body, and whether its end came, too."""
    parts: list[bytes] = []
    at = 0
    while (end := body.find(b"\r\n", at)) > 0:
        size = int(body[at:end], 16)
        if size == 0:
            return b"".join(parts), True
        parts.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
    return b"".join(parts), False


@pytest.mark.threat("X8")
def test_the_first_bytes_come_before_the_last_memory_stays_flat_and_the_file_is_whole_over_either_http(
    server: Server,
) -> None:
    server.peak_memory()
    with server.ask("1.1", "HEAD") as warm:
        assert warm.recv(1000).startswith(b"HTTP/1.1 200")
    before = server.peak_memory()
    with server.ask("1.1") as connection:
        first = connection.recv(10_000)
        assert server.states() == ["running"]  # most of it waits for its reader
        head, _, body = (first + read_all(connection)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"Transfer-Encoding: chunked" in head
    assert unchunked(body).count(b"\r\n") == ROWS + 1
    grown = server.peak_memory() - before
    assert grown < 16 * 1024, f"memory grew by {grown} KiB"
    assert server.states() == ["complete"]
    _over_http_1_0_it_has_its_length(server)


def _over_http_1_0_it_has_its_length(server: Server) -> None:
    with server.ask("1.0") as connection:
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200") or head.startswith(b"HTTP/1.1 200")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"chunked" not in head
    assert body.count(b"\r\n") == ROWS + 1


@pytest.mark.asvs("16.5.3")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_query_that_is_ended_in_the_middle_gives_no_file_that_looks_whole(server: Server) -> None:
    with server.ask("1.1") as connection:  # a slow reader: most of the file waits for it
        first = connection.recv(100_000)
        assert first.startswith(b"HTTP/1.1 200")
        server.kill_copy()
        content, ended = _content((first + read_all(connection)).partition(b"\r\n\r\n")[2])
    assert not ended
    wait_until(lambda: server.states() == ["partial"])
    with server.site.context():
        export = db.session.scalars(select(Export)).one()
        # On record is what left, to the byte.
        assert 0 < (export.rows or 0) < ROWS
        assert (export.bytes, export.rows) == (len(content), content.count(b"\r\n") - 1)
        assert export.sha256 == hashlib.sha256(content).hexdigest()
    # Over HTTP/1.0, where the end of the connection would be the end of the file, an error page.
    with server.ask("1.0") as connection:
        server.kill_copy()
        answer = read_all(connection)
    assert answer.split(b" ", 2)[1] == b"503"
    assert b"example.org" not in answer
    assert server.states() == ["partial", "partial"]


@pytest.mark.threat("X8")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_reader_who_stalls_costs_a_connection_and_one_who_leaves_ends_the_query(server: Server) -> None:
    with server.ask("1.1") as connection:
        connection.recv(100_000)
        server.when_copying()
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as other:
            other.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            assert b"200 OK" in read_all(other)
        assert server.copies() == 1
    wait_until(lambda: server.copies() == 0)
    wait_until(lambda: server.states() == ["partial"])
    # And the process is as good as before.
    with server.ask("1.1") as connection:
        _, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert unchunked(body).count(b"\r\n") == ROWS + 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # not used: this server is another
def test_a_database_server_that_is_killed_gives_no_file_that_looks_whole(
    make_site: Callable[..., Site], environment: dict[str, str], tmp_path: Path
) -> None:
    with LocalServer() as postgres:
        url = postgres.create_database("killed")
        environment = {**environment, "DATABASE_URL": url}
        site = make_site(DATABASE_URL=url)
        with site.context():
            upgrade()
        with serving(site, environment, url, tmp_path) as server:
            with server.ask("1.1") as connection:
                first = connection.recv(100_000)
                server.when_copying()
                postgres.kill()
                _, ended = _content((first + read_all(connection)).partition(b"\r\n\r\n")[2])
            assert not ended
            postgres.start()
            holding = psycopg.connect(postgres.conninfo("killed"))
            holding.execute("LOCK TABLE contacts")  # so that the query stands until it is killed
            with server.ask("1.0") as connection:
                server.when_copying()
                postgres.kill()
                answer = read_all(connection)
            holding.close()
            assert answer.split(b" ", 2)[1] == b"503"
            postgres.start()
        # Nobody could write down how they ended: the job that was left behind does.
        with site.context(), write() as session:
            session.execute(update(ExportDownload).values(alive_until=now()))
            session.execute(update(Job).values(due_at=now()))
        site.deliver()
        assert server.states() == ["partial", "partial"]


_IMPATIENT = """
from pathlib import Path
exec(Path("gunicorn.conf.py").read_text())
from services.exports import places
places.WINDOW, places.LOOK = 1.0, 0.1
"""


@pytest.mark.threat("X8")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_reader_who_takes_a_byte_at_a_time_is_hung_up_on_and_the_query_ends(
    site: Site, environment: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    config = tmp_path / "impatient.conf.py"
    config.write_text(_IMPATIENT)
    with (
        serving(site, environment, database_url, tmp_path, "--config", str(config)) as server,
        server.ask("1.1") as connection,
    ):
        first = connection.recv(10_000)
        server.when_copying()

        def over() -> bool:
            nonlocal first
            first += connection.recv(1)
            return server.states() == ["partial"]

        wait_until(over)
        assert server.copies() == 0
        _, _, body = (first + read_all(connection)).partition(b"\r\n\r\n")
    with pytest.raises(ValueError, match=r"the last chunk is missing|invalid literal"):
        unchunked(body)
