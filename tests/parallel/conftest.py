"""Real web processes (gunicorn) on one database, and many visitors at the same moment."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

import config
from app import create_app
from extensions import db
from tests.conftest import FAST
from tests.support.at_once import at_once
from tests.support.browser import Browser
from tests.support.estate import Estate, estate
from tests.support.exporting import cookies_of
from tests.support.live_site import free_port
from tests.support.site import LONG, Site
from tests.support.worker_process import ROOT, process_environment, wait_until

Answer = requests.Response
_NUMBERS = count()


class Crowd:
    """``site`` is this process's view of the database; ``post_at_once`` and ``get_at_once`` go to the others."""

    def __init__(self, settings: dict[str, str], workers: int) -> None:
        self.site = Site(create_app(config.load(settings)))
        self.address = f"http://127.0.0.1:{free_port()}"
        self.log = Path(settings["INSTANCE_PATH"]) / "web.log"
        with self.log.open("wb") as log:
            self.web = subprocess.Popen(
                [
                    sys.executable, "-m", "gunicorn", "app:create_app()", "--workers", str(workers),
                    "--bind", self.address.removeprefix("http://"), "--graceful-timeout", "1",
                ],
                cwd=ROOT, env=process_environment(settings), stdout=log, stderr=log,
            )  # fmt: skip

    def wait(self) -> None:
        wait_until(self.is_up, 60)

    def is_up(self) -> bool:
        assert self.web.poll() is None, self.log.read_text()
        try:
            return requests.get(f"{self.address}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def stop(self) -> None:
        self.web.terminate()
        try:
            self.web.wait(10)
        except subprocess.TimeoutExpired:
            self.web.kill()
            self.web.wait()
        with self.site.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def estate(self, **changed: Any) -> Estate:
        """An account that no other test uses."""
        number = next(_NUMBERS)
        return estate(self.site, f"Crowd{number}", digit=number % 10, **changed)

    def half_signed_in(self, of: Estate) -> Browser:
        return self.site.half_signed_in(of.owner)

    def post_at_once(self, browser: Browser, path: str, forms: list[dict[str, Any]]) -> list[Answer]:
        """All ``forms`` at the same moment, each over a connection of its own with this browser's cookies."""
        token, cookies = browser.csrf_token(), cookies_of(browser)

        def post(form: dict[str, Any]) -> Answer:
            return requests.post(
                self.address + path, data={"csrf_token": token, **form}, cookies=cookies, timeout=60,
                allow_redirects=False,
            )  # fmt: skip

        return at_once(*[partial(post, form) for form in forms])

    def get_at_once(self, browser: Browser, path: str, times: int) -> list[Answer]:
        cookies = cookies_of(browser)

        def get() -> Answer:
            return requests.get(self.address + path, cookies=cookies, timeout=60, allow_redirects=False)

        return at_once(*[get] * times)

    def rows(self, statement: Any) -> list[Any]:
        with self.site.context():
            found = list(db.session.scalars(statement))
            db.session.expunge_all()
            return found


def _start(url: str, folder: Path, workers: int) -> Iterator[Crowd]:
    roomy = {
        "LIMIT_SIGN_IN_ADDRESS": "10000/hour",
        **LONG,
        "LIMIT_SMS_SITE": "100000/day",
        "LIMIT_SMS_USER": "1000/hour",
    }
    crowd = Crowd({**FAST, **roomy, "DATABASE_URL": url, "INSTANCE_PATH": str(folder)}, workers)
    try:
        crowd.wait()
        yield crowd
    finally:
        crowd.stop()


@pytest.fixture(scope="module")
def on_postgresql(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crowd]:
    template = request.getfixturevalue("migrated_postgres")
    with request.getfixturevalue("postgres_server").database(template) as url:
        yield from _start(url, tmp_path_factory.mktemp("crowd"), workers=4)


@pytest.fixture(scope="module")
def on_sqlite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder = tmp_path_factory.mktemp("crowd")
    shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "site.sqlite3")
    yield from _start(f"sqlite:///{folder / 'site.sqlite3'}", folder, workers=2)


@pytest.fixture(params=["postgresql", "sqlite"])
def crowd(request: pytest.FixtureRequest) -> Crowd:
    """On either database."""
    found: Crowd = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
