"""What counters and the audit log add to a sign-in, and to a page that does nothing special.

    python benchmarks/sign_in_cost.py [--rounds 60]

A sign-in is the right password from a trusted browser: no text, the shortest way in. It is timed as it is and with
every counter and audit event taken out, one after the other, on SQLite with the password hash of the defaults.
Processor time of the thread that answers, medians. Prints; docs/performance.md quotes it with its date.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flask_migrate import upgrade

import config
from app import create_app
from benchmarks.figures import Figure
from extensions import db
from models import User
from services import delays, limits, passwords
from tests.support.browser import Browser, Page
from tests.support.site import Site
from tests.support.statements import statements

PAGE = "/settings/password"


def make_site(folder: Path) -> Site:
    settings = {
        "APP_ENV": "testing", "SECRET_KEY": "a key for benchmarks, 32 bytes or more", "LOG_LEVEL": "WARNING",
        "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}", "INSTANCE_PATH": str(folder),
        "PUBLIC_URL": "http://localhost",
    }  # fmt: skip
    site = Site(create_app(config.load(settings)))
    with site.context():
        upgrade()
    return site


@contextlib.contextmanager
def without_counters_and_log() -> Iterator[None]:
    """Nothing is counted and nothing recorded: how much less work that is, is what is measured."""
    with contextlib.ExitStack() as stack:
        for module, names in (
            (limits, ("hit", "hit_for_all", "check")),
            (delays, ("hit", "give_back", "forget")),
        ):
            for name in names:
                stack.enter_context(patch.object(module, name, lambda *_: 0))
        for name, module in list(sys.modules.items()):
            if name.startswith("services.") and getattr(module, "record", None) is not None:
                stack.enter_context(patch.object(module, "record", lambda *_, **__: None))
        yield


def sign_in(site: Site, user: User, trusted: Browser) -> tuple[float, Page]:
    browser = site.browser()
    browser.client.set_cookie("browser", str(trusted.cookie("browser")))
    browser.get("/login")
    fields = {"email": user.email, "password": site.world.password, "csrf_token": browser.csrf_token()}
    begun = time.thread_time()
    page = browser.post("/login", fields)
    taken = time.thread_time() - begun
    if cookie := browser.cookie("browser"):
        trusted.client.set_cookie("browser", cookie)
    assert page.location == "/", (page.status, page.location)
    return taken, browser.get(PAGE)


def beside_the_hash(rounds: int) -> Figure:
    """CPU of a whole sign-in in a trusted browser less that of a hash, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        site = make_site(Path(folder))
        _, user = site.world.acme()
        trusted = site.signed_in(user)
        rest = []
        for _ in range(rounds):
            whole = sign_in(site, user, trusted)[0]
            with site.context():
                begun = time.thread_time()
                passwords.password_matches(None, "whatever was typed")
                rest.append(whole - (time.thread_time() - begun))
        with site.context():
            db.engine.dispose()
    return Figure("Sign-in, beyond its hash", 1000 * statistics.median(rest), "CPU ms")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        site = make_site(Path(folder))
        _, user = site.world.acme()
        trusted = site.signed_in(user)
        with_all, without = [], []
        for _ in range(rounds):
            with_all.append(sign_in(site, user, trusted)[0])
            with without_counters_and_log():
                without.append(sign_in(site, user, trusted)[0])
        with statements(site) as for_sign_in:
            browser = site.browser()
            browser.client.set_cookie("browser", str(trusted.cookie("browser")))
            browser.get("/login")
            browser.submit(email=user.email, password=site.world.password)
        browser.get(PAGE)
        with statements(site) as for_page:
            browser.get(PAGE)
        with statements(site) as for_page_without, without_counters_and_log():
            browser.get(PAGE)
        as_it_is, bare = statistics.median(with_all), statistics.median(without)
        print(
            f"sign-in: {1000 * as_it_is:.1f} ms, without counters and log {1000 * bare:.1f} ms: {as_it_is / bare:.3f}"
        )
        print(f"statements of a sign-in: {len(for_sign_in)}")
        print(f"statements of {PAGE}: {len(for_page)}, without counters and log {len(for_page_without)}")
        with site.context():
            db.engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
