"""A browser sends all of a file before it listens: what a real gunicorn tells it then must still reach it."""

import http.client
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.doomed_worker import Nursery
from tests.support.exporting import cookies_of
from tests.support.live_site import free_port
from tests.support.site import Site
from tests.support.worker_process import wait_until

MIB = 1024 * 1024


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Nothing here is about the database: one kind will do."""
    shutil.copy(migrated_sqlite, tmp_path / "site.sqlite3")
    return f"sqlite:///{tmp_path / 'site.sqlite3'}"


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "IMPORT_MAX_MIB": "1"}


@pytest.fixture
def port(site: Site, environment: dict[str, str], tmp_path: Path) -> Iterator[int]:
    found = free_port()
    command = ["gunicorn", "app:create_app()", "--bind", f"127.0.0.1:{found}", "--graceful-timeout", "1"]
    with Nursery() as nursery, nursery.start(command, environment, tmp_path / "gunicorn.log") as process:
        wait_until(lambda: _listens(found))
        yield found
        process.send(signal.SIGTERM)
        wait_until(lambda: process.status is not None)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _part(name: str, value: str) -> bytes:
    return f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def test_a_file_beyond_the_limit_is_answered_in_words_to_whoever_sends_first_and_listens_then(
    site: Site, port: int
) -> None:
    account, owner = site.world.acme(two_factor=False)
    chosen = site.world.contacts(account, 1, list_name="Readers")
    assert chosen is not None
    browser = site.signed_in(owner)
    token = browser.csrf_token()
    headers = {
        "Host": "localhost",
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies_of(browser).items()),
        "Content-Type": "multipart/form-data; boundary=limit",
    }
    before = _part("csrf_token", token) + _part("file", "").replace(
        b'"file"\r\n\r\n\r\n', b'"file"; filename="all.csv"\r\n\r\nEmail\r\n'
    )
    # More than all buffers between the two hold: the server must have read it.
    body = before + b"x" * 30 * MIB + b"\r\n" + _part("list", chosen.public_id) + b"--limit--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/contacts/import", body, headers)
    answer = connection.getresponse()
    page = answer.read().decode()
    assert answer.status == 413
    assert "The file is larger than 1 MB." in page
    assert f'<option selected value="{chosen.public_id}"' in page

    # What nobody can want is not read at all. Who listens while sending is told.
    connection.putrequest("POST", "/contacts/import", skip_host=True)
    for name, value in {**headers, "Content-Length": str(5000 * MIB)}.items():
        connection.putheader(name, value)
    connection.endheaders(before)
    answer = connection.getresponse()
    assert answer.status == 413
    assert "That is too large" in answer.read().decode()
    connection.close()
