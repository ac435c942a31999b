"""What a page costs behind the door, beside a bare Flask page and beside Flask-Security; then people who come while
others sign in, or while somebody floods the site with passwords.

    python -m benchmarks.pages [--rounds 5] [--short]

CPU of web server and database a request, interleaved; the ratio is the median over the rounds. Visitors are a process
of their own and not counted. Every server is gunicorn with threads, on PostgreSQL.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from flask_migrate import upgrade

import config
from app import create_app
from benchmarks import peers
from benchmarks.cpu import cpu_of
from benchmarks.figures import Figure, LeftOut
from benchmarks.pages_sites import ACTION, SCOPE
from benchmarks.servers import WebServer, gunicorn
from extensions import db
from models import LoginSession
from services import step_up
from services.unit_of_work import write
from tests.support.browser import Browser
from tests.support.exporting import cookies_of
from tests.support.postgres import LocalServer
from tests.support.site import Site
from tests.support.worker_process import ROOT

Plan = dict[str, Any]
SETTINGS = {
    "APP_ENV": "testing", "SECRET_KEY": "a key for benchmarks, 32 bytes or more", "LOG_LEVEL": "ERROR",
    "PUBLIC_URL": "http://localhost", "TRUSTED_PROXIES": "1",
}  # fmt: skip
#: A bare page asks no database: beside it only what the server does is compared.
APP, BOTH = "CPU ms a request, without the database", "CPU ms a request"


class Server(WebServer):
    """Visitors come by ``visit``."""

    def visit(self, plan: Plan, folder: Path) -> Plan:
        return self.begin(plan, folder)()

    def begin(self, plan: Plan, folder: Path) -> Callable[[], Plan]:
        """Let visitors come; what is returned waits until they are gone, and gives what they saw."""
        file = Path(tempfile.mkstemp(dir=folder, suffix=".json")[1])
        file.write_text(json.dumps(plan))
        command = [sys.executable, "-m", "benchmarks.visitors", f"127.0.0.1:{self.port}", str(file)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)

        def seen() -> Plan:
            told, _ = process.communicate(timeout=300)
            return cast(Plan, json.loads(told))

        return seen

    def cookies_after(self, path: str, fields: dict[str, str]) -> str:
        """What the browser keeps after it posted ``fields``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, json.dumps(fields), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        return "; ".join(cookie.partition(";")[0] for cookie in answer.headers.get_all("Set-Cookie", []))

    def cost(self, plan: Plan, folder: Path, database: int) -> tuple[float, float]:
        """CPU ms a request, of the server and of the database."""
        before = cpu_of(self._process.pid), cpu_of(database)
        seen = self.visit(plan, folder)
        if set(seen["statuses"]) != {"200"}:
            raise SystemExit(f"{plan['requests'][0]['path']} answered {seen['statuses']}")
        served = sum(seen["statuses"].values())
        server, theirs = cpu_of(self._process.pid) - before[0], cpu_of(database) - before[1]
        return 1000 * server / served, 1000 * theirs / served


class Pages:
    """Servers of one run, and what is asked of them."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.folder, self._stack = folder, stack
        self.postgres = stack.enter_context(LocalServer())
        self.settings = {
            **SETTINGS, "INSTANCE_PATH": str(folder), "DATABASE_URL": stack.enter_context(self.postgres.database()),
        }  # fmt: skip
        self.site = Site(create_app(config.load(self.settings)))
        with self.site.context():
            upgrade()
        self.account, self.owner = self.site.world.acme()
        self.cookies = header(self.granted())

    def granted(self) -> Browser:
        """Signed in, with a code entered for the pages of the benchmark."""
        browser = self.site.signed_in(self.owner)
        with self.site.context(), write() as session:
            for row in session.query(LoginSession):
                step_up.grant(row, ACTION, SCOPE)
        return browser

    def serve(self, application: str, *, workers: int = 1, threads: int = 8, **more: str) -> Server:
        command = [*gunicorn(application), "--workers", str(workers), "--threads", str(threads)]
        log = self.folder / f"web-{time.monotonic_ns()}.log"
        return self._stack.enter_context(Server(command, {**self.settings, **more}, log, "/healthz"))

    def peer(self) -> tuple[Server, str]:
        """Flask-Security's site, and the cookies of somebody who has just signed in there."""
        folder = peers.HERE / "flask_security_site"
        command = gunicorn("security_site:app", python=peers.python(), folder=folder)
        url = self._stack.enter_context(self.postgres.database())
        server = self._stack.enter_context(
            Server(command, {"DATABASE_URL": url}, self.folder / "peer.log", "/alive")
        )
        return server, server.cookies_after(
            "/login", {"email": "owner@acme.example", "password": "a password of four words"}
        )

    def close(self) -> None:
        with self.site.app.app_context():
            db.session.remove()
            db.engine.dispose()


def header(browser: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies_of(browser).items())


def page(path: str, cookies: str = "", count: int = 500) -> Plan:
    headers = {"Cookie": cookies} if cookies else {}
    return {"requests": [{"path": path, "headers": headers}], "connections": 4, "count": count}


def figures(rounds: int, short: bool = False) -> list[Figure]:
    """``short``: the pages beside a bare one, and no people who come at a rate."""
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        pages = Pages(stack, Path(scratch))
        try:
            found = pages_alone(pages, rounds, 150 if short else 500, with_peer=not short)
            if not short:
                from benchmarks import pages_under_load, sign_in_cost

                found += pages_under_load.figures(pages)
                found.append(sign_in_cost.beside_the_hash(30))
            return found
        finally:
            pages.close()


def pages_alone(pages: Pages, rounds: int, count: int, *, with_peer: bool) -> list[Figure]:
    hello, ours = pages.serve("benchmarks.pages_sites:hello()"), pages.serve("benchmarks.pages_sites:site()")
    asked: dict[str, tuple[Server, Plan]] = {
        "hello": (hello, page("/", count=count)),
        "in": (ours, page("/benchmark/in", pages.cookies, count)),
        "guarded": (ours, page("/benchmark/guarded", pages.cookies, count)),
        "rows": (ours, page("/benchmark/rows", pages.cookies, count)),
    }
    if with_peer:
        peer, cookies = pages.peer()
        asked["fresh"] = peer, page("/fresh", cookies, count)
        asked["fresh rows"] = peer, page("/rows", cookies, count)
    apps: dict[str, list[float]] = {name: [] for name in asked}
    both: dict[str, list[float]] = {name: [] for name in asked}
    for server, plan in asked.values():
        server.visit({**plan, "count": 40}, pages.folder)
    for number in range(rounds):
        names = list(asked)[number % len(asked) :] + list(asked)[: number % len(asked)]
        for name in names:
            server, plan = asked[name]
            app, database = server.cost(plan, pages.folder, pages.postgres.process_id())
            apps[name].append(app)
            both[name].append(app + database)

    def beside(
        name: str, reference: str, title: str, reference_name: str, costs: dict[str, list[float]], unit: str
    ) -> Figure:
        ratio = statistics.median(a / b for a, b in zip(costs[name], costs[reference], strict=True))
        mine, theirs = statistics.median(costs[name]), statistics.median(costs[reference])
        return Figure(title, mine, unit, reference_name, theirs, ratio)

    found = [
        beside("guarded", "hello", "Guarded page / hello", "a bare Flask page", apps, APP),
        beside("rows", "hello", "Guarded page, 25 rows / hello", "a bare Flask page", apps, APP),
        Figure(
            "Step-up check",
            statistics.median(a - b for a, b in zip(both["guarded"], both["in"], strict=True)),
            "CPU ms over a page that asks for the sign-in alone",
        ),
    ]
    if with_peer:
        within = "Flask-Security, `auth_required(within=)`"
        found += [
            beside("guarded", "fresh", "Guarded page / Flask-Security", within, both, BOTH),
            beside("rows", "fresh rows", "Guarded page, 25 rows / Flask-Security", within, both, BOTH),
        ]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true")
    given = parser.parse_args()
    try:
        for figure in figures(given.rounds, given.short):
            beside = f", {figure.reference_name} {figure.reference:.2f}" if figure.reference else ""
            ratio = f": {figure.ratio:.2f}" if figure.ratio is not None else ""
            print(f"{figure.name}: {figure.ours:.2f} {figure.unit}{beside}{ratio}")
    except LeftOut as why:
        print(why, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
