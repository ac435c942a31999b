"""A real gunicorn, raw sockets and a database that dies: a file that is not whole never looks whole."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from extensions import db
from models import Export, ExportDownload
from tests.support.exporting import cookies_of, fixed_export, many_contacts
from tests.support.live_site import free_port
from tests.support.site import Site
from tests.support.worker_process import ROOT, process_environment, wait_until

pytestmark = pytest.mark.slow

ROWS = 200_000


@dataclass
class Server:
    """One gunicorn with one web process, and an export of 200,000 contacts fixed in it."""

    site: Site
    port: int
    path: str
    cookie: str
    master: int
    database_url: str

    def ask(self, version: str, method: str = "GET") -> socket.socket:
        connection = socket.socket()
        connection.settimeout(60)
        # Else the system may hold all 26 MB for a reader who does not read, and the query is over before it is seen.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(
            f"{method} {self.path} HTTP/{version}\r\nHost: localhost\r\nCookie: {self.cookie}\r\n\r\n".encode()
        )
        return connection

    def kill_copy(self) -> bool:
        """End the backend that runs the COPY, as an administrator or a crash would. False when none runs."""
        conninfo = self.database_url.replace("+psycopg", "")
        with psycopg.connect(conninfo, autocommit=True) as connection:
            killed = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY (SELECT%'"
            ).fetchall()
        return bool(killed)

    def copies(self) -> int:
        conninfo = self.database_url.replace("+psycopg", "")
        with psycopg.connect(conninfo, autocommit=True) as connection:
            [(count,)] = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY (SELECT%'"
            ).fetchall()
        return int(count)

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


@pytest.fixture
def server(site: Site, environment: dict[str, str], database_url: str, tmp_path: Path) -> Iterator[Server]:
    account, owner = site.world.acme(two_factor=False)
    many_contacts(site, account, ROWS)
    browser = site.signed_in(owner)
    address = fixed_export(browser)
    port = free_port()
    with (tmp_path / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "app:create_app()",
                "--bind", f"127.0.0.1:{port}", "--graceful-timeout", "2",
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
    parts: list[bytes] = []
    at = 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2


def test_the_first_byte_comes_soon_memory_stays_flat_and_the_file_is_whole(server: Server) -> None:
    server.peak_memory()
    with server.ask("1.1", "HEAD") as warm:
        assert warm.recv(1000).startswith(b"HTTP/1.1 200")
    before = server.peak_memory()
    begun = time.monotonic()
    with server.ask("1.1") as connection:
        first = connection.recv(10_000)
        waited = time.monotonic() - begun
        head, _, body = (first + read_all(connection)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"Transfer-Encoding: chunked" in head
    assert unchunked(body).count(b"\r\n") == ROWS + 1
    whole = time.monotonic() - begun
    # Half a second; on a machine that is busy with other things, a small part of what the whole file takes.
    assert waited < max(0.5, whole / 4), f"the first byte took {waited:.3f} s of {whole:.3f} s"
    grown = server.peak_memory() - before
    assert grown < 16 * 1024, f"memory grew by {grown} KiB"
    assert server.states() == ["complete"]


def test_over_http_1_0_the_file_is_sent_with_its_length(server: Server) -> None:
    with server.ask("1.0") as connection:
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200") or head.startswith(b"HTTP/1.1 200")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"chunked" not in head
    assert body.count(b"\r\n") == ROWS + 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_dies_in_the_middle_breaks_the_download_off_over_http_1_1(server: Server) -> None:
    with server.ask("1.1") as connection:
        first = connection.recv(100_000)
        assert first.startswith(b"HTTP/1.1 200")
        wait_until(server.kill_copy)
        answer = first + read_all(connection)
    _, _, body = answer.partition(b"\r\n\r\n")
    assert not answer.endswith(b"0\r\n\r\n")
    with pytest.raises(ValueError, match=r"subsection not found|invalid literal"):
        unchunked(body)
    wait_until(lambda: server.states() == ["partial"])
    with server.site.context():
        export = db.session.scalars(select(Export)).one()
        assert 0 < (export.rows or 0) < ROWS


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_dies_in_the_middle_is_an_error_page_over_http_1_0(server: Server) -> None:
    with server.ask("1.0") as connection:
        wait_until(server.kill_copy)
        answer = read_all(connection)
    assert answer.split(b" ", 2)[1] == b"503"
    assert b"example.org" not in answer
    assert server.states() == ["partial"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_reader_who_leaves_ends_the_query(server: Server) -> None:
    with server.ask("1.1") as connection:
        connection.recv(100_000)
        wait_until(lambda: server.copies() == 1)  # the head comes before the query has begun
    wait_until(lambda: server.copies() == 0)
    wait_until(lambda: server.states() == ["partial"])
    # And the process is as good as before.
    with server.ask("1.1") as connection:
        _, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert unchunked(body).count(b"\r\n") == ROWS + 1
