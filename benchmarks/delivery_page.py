"""How long support's page of deliveries takes on the database of a site that uses all of LIMIT_SMS_SITE for a month.

    python benchmarks/delivery_page.py [--messages 600000]

Writes as many texts and calls, each with a code, over the last 30 days, on SQLite and on PostgreSQL, and counts them as
the page does: the last 24 hours and the last 30 days, each twice; the second time is told.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import func, insert, select

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import config
from app import create_app
from extensions import db
from models.challenge import Challenge
from models.login_session import PendingSignIn
from models.message import Message
from services.clock import now
from services.delivery import figures
from services.unit_of_work import write
from tests.support.postgres import LocalServer
from tests.support.site import Site

_AT_ONCE = 20_000
_NUMBER = "+447400123456"


def rows(count: int, ids: dict[str, int]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """A challenge and its message for each, evenly over 30 days: 17 of 20 codes come back, 18 of 20 texts arrive."""
    dice, latest, step = random.Random(1), now(), timedelta(days=30) / count
    for number in range(count):
        at, verified = latest - number * step, dice.random() < 0.85
        state = dice.choices(["delivered", "accepted", "rejected", "unknown"], [90, 5, 4, 1])[0]
        delivered, country = (
            state == "delivered",
            dice.choice(["GB"] * 10 + ["IE", "DE", "FR", "US", "ES", "IT"]),
        )
        yield {
            "id": 1000 + number, "public_id": f"c{number}", "user_id": ids["user"],
            "pending_sign_in_id": ids["pending"], "purpose": "login", "scope": "",
            "destination": _NUMBER, "country": country, "prefix": _NUMBER[:9],
            "proved": True, "nonce": bytes(16), "attempts": 1, "sends": 1, "created_at": at,
            "expires_at": at + timedelta(minutes=10), "outcome": "verified" if verified else None,
            "spent_at": at + timedelta(seconds=dice.lognormvariate(2.8, 0.5)) if verified else None,
        }, {
            "id": 1000 + number, "public_id": f"m{number}", "channel": "voice" if dice.random() < 0.03 else "sms",
            "account_id": ids["account"], "user_id": ids["user"], "recipient": _NUMBER, "template": "code",
            "params": {}, "challenge_id": 1000 + number, "state": state, "attempts": 1, "created_at": at, "due_at": at,
            "country": country, "gateway": "vonage", "sender": dice.choice(["Acme", "447400000000"]), "sent_at": at,
            "delivered_at": at + timedelta(seconds=dice.lognormvariate(1.5, 0.7)) if delivered else None,
            "error_code": dice.choice(["1190", "1260", "1210", None]) if state == "rejected" else None,
            "price_micros": 34_000 if delivered else None, "currency": "EUR" if delivered else None,
        }  # fmt: skip


def fill(site: Site, count: int) -> None:
    account, owner = site.world.acme()
    browser = site.browser()
    browser.get("/login")
    browser.submit(email=owner.email, password=site.world.password)
    with site.context():
        pending = db.session.scalar(select(func.max(PendingSignIn.id)))
        made = rows(count, {"user": owner.id, "account": account.id, "pending": pending or 0})
        for start in range(0, count, _AT_ONCE):
            some = [next(made) for _ in range(min(_AT_ONCE, count - start))]
            with write() as session:
                session.execute(insert(Challenge), [challenge for challenge, _ in some])
                session.execute(insert(Message), [message for _, message in some])
        with db.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")


def measure(name: str, url: str, folder: Path, count: int) -> None:
    site = Site(create_app(config.load({
        "APP_ENV": "testing", "SECRET_KEY": "a key for benchmarks, 32 bytes or more", "LOG_LEVEL": "WARNING",
        "DATABASE_URL": url, "INSTANCE_PATH": str(folder), "PUBLIC_URL": "http://localhost",
    })))  # fmt: skip
    with site.context():
        upgrade()
    fill(site, count)
    for hourly, period in ((True, "24 hours"), (False, "30 days")):
        with site.context():
            figures._count(hourly)  # not figures(): what is kept is not what is measured
            began = time.perf_counter()
            found = figures._count(hourly)
            took = time.perf_counter() - began
        counted = sum(tally.promised for tally in found.channels.values())
        print(f"{name:<12}{period:<10}{counted:>10,} messages {took:>7.2f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=600_000)
    count = parser.parse_args().messages
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure("SQLite", f"sqlite:///{folder / 'site.db'}", folder, count)
        with LocalServer() as server:
            measure("PostgreSQL", server.create_database("delivery_page"), folder, count)


if __name__ == "__main__":
    main()
