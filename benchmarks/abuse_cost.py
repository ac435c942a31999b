"""What somebody who means harm can make the site spend on texts in a day: tried out, on the site itself.

    python benchmarks/abuse_cost.py [--price 0.05] [--users 50] [--accounts 5] [--puppets 2100] [NAME=value,… …]

Two attackers, at once, with an address of their own for every request and a clock that runs as fast as they can use it:

- a thief with the passwords of 50 users in 5 accounts with two-factor on, and none of their phones: begins sign-ins,
  has the text sent again, cancels and begins anew, each time as early as the site allows;
- an owner of an account of their own, who typed strangers' numbers for 2,100 made-up people whose passwords they know:
  turns two-factor on (which tells everyone), signs 150 of them in (more than the account's limit has room for),
  confirms strangers' numbers as their own, and types numbers over and over.

The worker's watch runs every minute. Every text that was promised counts as sent. Prices differ by country and
contract: --price is an example. After a day with the defaults comes one for each list of settings that is given.
"""

import argparse
import heapq
import random
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import time_machine
from flask_migrate import upgrade
from sqlalchemy import func, select

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import config
from app import create_app
from config import parse_rate
from extensions import db
from models import Message, User
from models.user import Role
from services.sending import watch
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.site import Site

DAY = timedelta(days=1)
_START = datetime(2027, 1, 12, 0, 0, tzinfo=UTC)
_WATCH = timedelta(minutes=1)
#: Made-up people who sign in; all others are only told of things.
_ACTIVE = 150
#: An attacker who is told to wait comes back this much later (seconds) than told.
_LATE = 0.01
_ADDRESSES = count(1)


class Quick(Browser):
    """Looks at no page for its own sake: thousands are asked for."""

    def _open(self, method: str, path: str, *, keep: bool = True, **options: Any) -> Page:
        headers = {**self.headers, **options.pop("headers", {})}
        page = Page(self.client.open(path, method=method, headers=headers, **options), path)
        self.last = page
        if keep and not page.location:
            self.page = page
        return page


@dataclass
class Day:
    """What happened: texts by template, requests, and what the limits say could have happened at most."""

    texts: Counter[str] = field(default_factory=Counter)
    by_whom: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    bound: int = 0
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.texts.values())


class Attack:
    """One site, one day, and everybody who attacks it."""

    def __init__(
        self,
        folder: Path,
        *,
        users: int,
        accounts: int,
        puppets: int,
        changed: dict[str, str],
        watch_every: timedelta = _WATCH,
    ) -> None:
        self._settings = {
            "APP_ENV": "testing", "SECRET_KEY": "a key for the simulation, 32 bytes or more", "LOG_LEVEL": "ERROR",
            "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}", "INSTANCE_PATH": str(folder),
            "PUBLIC_URL": "http://localhost", "ARGON2_MEMORY_MIB": "8", "TRUSTED_PROXIES": "1", **changed,
        }  # fmt: skip
        self._site = Site(create_app(config.load(self._settings)))
        with self._site.context():
            upgrade()
        self._watch_every = watch_every
        self._size = (users, accounts, puppets)
        self._turns: list[tuple[datetime, int, object]] = []
        self._order = count()
        self.day = Day(settings=changed)

    def run(self) -> Day:
        end = _START + DAY
        with time_machine.travel(_START, tick=False) as clock:
            self._people()
            looked = _START
            while self._turns:
                moment, _, who = heapq.heappop(self._turns)
                if moment >= end:
                    break
                while looked + self._watch_every <= moment:
                    looked += self._watch_every
                    clock.move_to(looked)
                    self._watch()
                clock.move_to(max(moment, looked))
                assert isinstance(who, Thief | Puppet | Owner)  # for the type checker
                wait = who.turn()
                if wait is not None:
                    self.later(who, max(moment, looked) + timedelta(seconds=wait + _LATE))
            self._count()
        return self.day

    def later(self, who: object, moment: datetime) -> None:
        heapq.heappush(self._turns, (moment, next(self._order), who))

    def browser(self) -> Browser:
        """On a machine that nobody has seen before."""
        number = next(_ADDRESSES)
        address = f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
        return Quick(self._site.app, {"X-Forwarded-For": address})

    def sign_in(self, email: str) -> tuple[Browser, Page]:
        """Give the right password, and look at the code page."""
        browser = self.browser()
        answer = browser.post("/login", {"email": email, "password": self._site.world.password})
        self.day.requests += 2
        return (browser, browser.get("/login/code")) if answer.status == 303 else (browser, answer)

    @property
    def site(self) -> Site:
        return self._site

    def _watch(self) -> None:
        with self._site.context():
            watch.look()

    def _people(self) -> None:
        users, accounts, puppets = self._size
        for number in range(accounts):
            account = self._site.world.account(f"Honest {number}", two_factor=True)
            for at in range(users // accounts):
                make = self._site.world.user if at else self._site.world.owner
                person = make(account, mobile_number=f"+447{400 + number:03}{random.randint(0, 999_999):06}")
                self.later(Thief(self, person.email), _START)
        mine = self._site.world.account("Evil", two_factor=False)
        owner = self._site.world.owner(mine, mobile_number="+447498000000")
        with self._site.context(), write() as session:
            hashed = session.get_one(User, owner.id).password_hash
            session.add_all(
                User(
                    account_id=mine.id, email=f"puppet-{at}@evil.example", name=f"Puppet {at}", role=Role.USER,
                    password_hash=hashed, mobile_number=f"+447499{at % 100:02}{at:04}", created_at=_START,
                )
                for at in range(puppets)
            )  # fmt: skip
        self.later(Owner(self, owner, [f"puppet-{at}@evil.example" for at in range(puppets)]), _START)
        self.day.bound = self._bound(users, puppets)

    def _bound(self, users: int, puppets: int) -> int:
        """By the limits alone: each phone of the thief's victims; what an account may send to new numbers, in codes
        and notices; what its owner's own phone may get. And no more codes than the budget."""
        of = self._site.settings
        day = {name: parse_rate(getattr(of, f"limit_{name}"))[0] for name in (
            "sms_number", "sms_new_account", "sms_notices_account", "sms_user_day", "sms_site", "sms_new_user",
        )}  # fmt: skip
        codes = users * day["sms_number"] + min(day["sms_new_account"], (puppets + 1) * day["sms_new_user"])
        codes += day["sms_user_day"]
        return min(codes, day["sms_site"]) + day["sms_notices_account"]

    def _count(self) -> None:
        with self._site.context():
            found = select(Message.template, User.email, func.count()).where(Message.channel == "sms")
            found = found.join(User, User.id == Message.user_id).group_by(Message.template, User.email)
            for template, email, texts in db.session.execute(found):
                evil = email.startswith("puppet-") or email == self._evil
                self.day.texts[template] += texts
                self.day.by_whom["the evil owner" if evil else "the thief"] += texts

    _evil = ""


class Thief:
    """Holds one stolen password. ``turn`` returns the seconds until it may pay to try again."""

    def __init__(self, attack: Attack, email: str) -> None:
        self._attack, self._email = attack, email

    def turn(self) -> float | None:
        browser, page = self._attack.sign_in(self._email)
        if page.status == 429:
            return float(page.headers["Retry-After"])
        if "We have sent a text message" in page.text:
            again = browser.post("/login/code/resend")
            self._attack.day.requests += 1
            return float(again.headers["Retry-After"]) if again.status == 429 else 0.0
        again = browser.post("/login/code/resend")
        self._attack.day.requests += 1
        browser.post("/login/code/cancel")
        return float(again.headers.get("Retry-After", 0)) if again.status == 429 else 0.0


class Puppet(Thief):
    """The same, for somebody whom the evil owner made up."""


class Owner:
    """Does everything that an owner can, once an hour; its puppets do the rest."""

    def __init__(self, attack: Attack, owner: User, puppets: list[str]) -> None:
        self._attack, self._owner, self._puppets = attack, owner, puppets
        self._browser: Browser | None = None
        self._hour = 0
        attack._evil = owner.email

    def turn(self) -> float | None:
        if self._browser is None:
            self._browser = self._attack.site.signed_in(self._owner, browser=self._attack.browser())
            self._type_numbers()
            self._turn_on()
            for email in self._puppets[:_ACTIVE]:
                self._attack.later(Puppet(self._attack, email), datetime.now(UTC))
        self._confirm_strangers()
        self._hour += 1
        return 3600.0

    def _type_numbers(self) -> None:
        """While it needs no code: everyone's number, over and over. Nobody hears of it."""
        assert self._browser is not None  # for the type checker
        for _ in range(3):
            page = self._browser.get("/settings/account/mobile-numbers")
            names = sorted(set(re.findall(r'name="(mobile_number-[^"]+)"', page.text)))
            typed = {name: f"+447497{random.randint(0, 999_999):06}" for name in names[:20]}
            self._browser.post("/settings/account/mobile-numbers", typed)

    def _turn_on(self) -> None:
        assert self._browser is not None  # for the type checker
        self._browser.get("/settings/account")
        answer = self._browser.submit(having="company_name", two_factor_enabled="on")
        if answer.location:
            self._browser.get(answer.location)
            self._browser.submit(code=self._attack.site.code(self._owner.mobile_number))

    def _confirm_strangers(self) -> None:
        """Say of strangers' numbers that they are one's own, until the site has had enough."""
        browser = self._attack.site.browser()
        answer = browser.post(
            "/login", {"email": self._owner.email, "password": self._attack.site.world.password}
        )
        if answer.location != "/login/code" or self._browser is None:
            return
        for at in range(12):
            page = self._browser.get("/settings/profile")
            if page.status != 200:
                return
            number = f"+447496{self._hour:02}{at:04}"
            answer = self._browser.submit(mobile_number=number)
            if answer.location.startswith("/step-up"):  # a code from the old phone, which the owner has
                self._browser.get(answer.location)
                try:
                    self._browser.submit(code=self._attack.site.code(self._owner.mobile_number))
                except AssertionError:
                    return
                if self._browser.last.location:
                    self._browser.follow()
                    self._browser.submit(having="mobile_number")


def table(days: list[Day], price: float, currency: str) -> str:
    """The days as a table of Markdown."""
    lines = [
        "| settings | texts to stolen passwords' phones | texts of the evil owner | codes | notices | all texts "
        "| most by the limits | cost of the day |",
        "| --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for day in days:
        named = ", ".join(f"{name}={value}" for name, value in day.settings.items()) or "defaults"
        codes = day.texts["code"]
        lines.append(
            f"| {named} | {day.by_whom['the thief']:,} | {day.by_whom['the evil owner']:,} | {codes:,} "
            f"| {day.total - codes:,} | {day.total:,} | {day.bound:,} | {currency} {day.total * price:,.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--price", type=float, default=0.05, help="of one text")
    parser.add_argument("--currency", default="EUR")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--accounts", type=int, default=5)
    parser.add_argument("--puppets", type=int, default=2100)
    parser.add_argument("settings", nargs="*", help="one day more with NAME=value,NAME=value")
    asked = parser.parse_args()
    days = []
    for given in ["", *asked.settings]:
        changed = dict(one.split("=", 1) for one in given.split(",") if one)
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            attack = Attack(
                Path(folder),
                users=asked.users,
                accounts=asked.accounts,
                puppets=asked.puppets,
                changed=changed,
            )
            days.append(attack.run())
        took = time.perf_counter() - begun
        print(f"{given or 'defaults'}: {days[-1].requests:,} requests, {took:.0f} s", file=sys.stderr)
    print(table(days, asked.price, asked.currency))


if __name__ == "__main__":
    main()
