"""What one page, sign-in, text, contact, export and import costs: what docs/scale.md reckons with.

    python benchmarks/scale_costs.py [--write]

On a PostgreSQL server of its own and within one process, so without gunicorn and the network. CPU is that of the
process and, apart from it, of the server with all that belongs to it: medians of rounds. Bytes are what the database
grew by, indexes included. ``--write`` keeps them in benchmarks/scale_costs.json, from which benchmarks/scale_model.py
reckons. About a minute.
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flask_migrate import upgrade
from sqlalchemy import event, text

import config
from app import create_app
from benchmarks.cpu import cpu_of
from extensions import db
from models import User
from services.demo_contacts import contacts as demo_contacts
from tests.support.browser import Browser
from tests.support.exporting import STREAMED, download, fixed_export, listed_contacts
from tests.support.importing import run_import
from tests.support.postgres import LocalServer
from tests.support.site import Site

KEPT = Path(__file__).with_suffix(".json")
PAGES = ("/contacts", "/contacts/exports", "/settings/account")
ROWS = 50_000
#: What one person may do in an hour is not what is measured.
ROOMY = dict.fromkeys(
    (
        "LIMIT_SIGN_IN_ADDRESS", "LIMIT_SIGN_IN_USER", "LIMIT_SMS_USER", "LIMIT_SMS_USER_DAY", "LIMIT_SMS_NUMBER",
        "LIMIT_SMS_ACCOUNT", "LIMIT_SMS_ADDRESS", "LIMIT_SMS_PREFIX", "LIMIT_EXPORTS_USER", "LIMIT_IMPORTS_ACCOUNT",
    ),
    "1000000/hour",
)  # fmt: skip
Spent = tuple[float, float]


class Scale:
    """One site on one server, asked in one process."""

    def __init__(self, server: LocalServer, url: str, folder: str) -> None:
        self._server = server
        self._settings = {
            "APP_ENV": "testing", "SECRET_KEY": "a key for benchmarks, 32 bytes or more", "LOG_LEVEL": "WARNING",
            "DATABASE_URL": url, "INSTANCE_PATH": folder, "PUBLIC_URL": "http://localhost", **ROOMY,
        }  # fmt: skip
        self.site = self.another()
        with self.site.context():
            upgrade()

    def another(self, **changed: str) -> Site:
        return Site(create_app(config.load({**self._settings, **changed})))

    def spent(self, work: Callable[[], object], times: int) -> Spent:
        """(ms of this process, ms of the server) a time."""
        ours, theirs = time.process_time(), cpu_of(self._server.process_id())
        for _ in range(times):
            work()
        ours = time.process_time() - ours
        with self.site.app.app_context():
            db.engine.dispose()  # a server's process that ends is counted whole
        time.sleep(0.2)
        return ours * 1000 / times, (cpu_of(self._server.process_id()) - theirs) * 1000 / times

    def bytes(self) -> tuple[int, int]:
        """(what is kept as long as its account, all the rest)"""
        with self.site.context():
            db.session.execute(text("CHECKPOINT"))
            sizes = dict(
                tuple(row) for row in db.session.execute(
                    text("SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
                         " AND relnamespace = 'public'::regnamespace")
                )
            )  # fmt: skip
        always = sum(sizes.pop(name, 0) for name in ("audit_events", "contacts", "list_memberships"))
        return always, sum(sizes.values())


def median_of(rounds: list[Spent]) -> Spent:
    return statistics.median(one[0] for one in rounds), statistics.median(one[1] for one in rounds)


def pages(scale: Scale) -> dict[str, float]:
    """Straight to the server, and as behind a pooler: without prepared statements."""
    pooled = scale.another()
    with pooled.app.app_context():
        event.listen(db.engine, "connect", _prepare_nothing)
    account, owner = scale.site.world.acme(two_factor=False)
    listed_contacts(scale.site, account, 200)
    seen: dict[str, list[Spent]] = {"direct": [], "pooled": []}
    for _ in range(4):
        for name, site in (("direct", scale.site), ("pooled", pooled)):
            browser = site.signed_in(owner)

            def look(browser: Browser = browser) -> None:
                for path in PAGES:
                    assert browser.client.get(path).status_code == 200, path

            look()
            ours, theirs = scale.spent(look, 40)
            seen[name].append((ours / len(PAGES), theirs / len(PAGES)))
            with pooled.app.app_context():
                db.engine.dispose()
    app, direct = median_of(seen["direct"])
    return {"page_app_ms": app, "page_db_ms": direct, "page_db_pooled_ms": median_of(seen["pooled"])[1]}


def _prepare_nothing(connection: Any, _: Any) -> None:
    connection.prepare_threshold = None


def sign_ins(scale: Scale) -> dict[str, float]:
    """From the form to the first page, with and without a code; the code's text is sent to a file."""
    account = scale.site.world.account(two_factor=True)
    people = [scale.site.world.user(account) for _ in range(20)]
    trusted = [scale.site.signed_in(person) for person in people]

    def known() -> None:
        for person, browser in zip(people, trusted, strict=True):
            browser.post("/logout")
            _sign_in(scale.site, person, browser)

    def strange() -> None:
        for person in people:
            _sign_in(scale.site, person, scale.site.browser())

    found: dict[str, float] = {}
    for name, work in (("known", known), ("code", strange)):
        app, server = median_of([scale.spent(work, 1) for _ in range(3)])
        before = scale.bytes()
        for _ in range(4):
            work()
        always, passing = (after - was for after, was in zip(scale.bytes(), before, strict=True))
        done = len(people) * 4
        found |= {
            f"{name}_app_ms": app / len(people), f"{name}_db_ms": server / len(people),
            f"{name}_bytes_always": always / done, f"{name}_bytes_passing": passing / done,
        }  # fmt: skip
    return found


def _sign_in(site: Site, person: User, browser: Browser) -> None:
    """Without looking at the pages: reading HTML is the browser's work."""
    browser.client.get("/login")
    answer = browser.post("/login", {"email": person.email, "password": site.world.password})
    if answer.location == "/login/code":
        browser.client.get("/login/code")
        site.deliver()
        last = json.loads(site.settings.sms_outbox.read_text().splitlines()[-1])
        answer = browser.post("/login/code", {"code": last["text"][:6]})
    assert answer.location == "/", (answer.status, answer.location)


def contacts(scale: Scale) -> dict[str, float]:
    """Many, on one list, brought, and all taken out again."""
    account, owner = scale.site.world.acme(two_factor=False)
    newsletter = listed_contacts(scale.site, account, 1)
    browser = scale.site.signed_in(owner)
    content = _file().encode()
    before = scale.bytes()[0]
    imported = scale.spent(lambda: run_import(scale.site, browser, content, list=newsletter), 1)
    grown = scale.bytes()[0] - before

    def take() -> None:
        page = download(browser, fixed_export(browser), **STREAMED)
        assert page.data.count(b"\r\n") == ROWS + 2

    exported = median_of([scale.spent(take, 1) for _ in range(3)])
    return {
        "contact_bytes": grown / ROWS, "file_bytes": len(content) / ROWS,
        "import_s_a_million": sum(imported) * 1000 / ROWS, "export_app_s_a_million": exported[0] * 1000 / ROWS,
        "export_db_s_a_million": exported[1] * 1000 / ROWS,
    }  # fmt: skip


def _file() -> str:
    lines = ["Email,Mobile,Status,FIRSTNAME,CITY"]
    for one in demo_contacts(ROWS, seed=5):
        data = one.data or {}
        lines.append(f"{one.email},{one.mobile or ''},{one.status},{data['FIRSTNAME']},{data['CITY']}")
    return "\r\n".join(lines) + "\r\n"


@contextmanager
def _scale() -> Iterator[Scale]:
    with LocalServer() as server, tempfile.TemporaryDirectory() as folder, server.database() as url:
        yield Scale(server, url, folder)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    found: dict[str, Any] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": platform.machine()}
    with _scale() as scale:
        for job in (pages, sign_ins, contacts):
            found |= {name: float(f"{value:.3g}") for name, value in job(scale).items()}
    told = json.dumps(found, indent=2) + "\n"
    print(told)
    if write:
        KEPT.write_text(told)


if __name__ == "__main__":
    main()
