"""Invariant 3. Whatever members of an account send, two-factor authentication stays on, and whole."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from extensions import db
from models import User
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.estate import Estate, address, estate, routes
from tests.support.site import Site

#: Settings and everything beside them that posts: whatever has a form.
_NEVER = {"login.sign_out", "static"}
_STEPS = 120


@pytest.fixture
def of(make_site: Callable[..., Site]) -> tuple[Site, Estate]:
    site = make_site(
        LIMIT_SMS_USER="1000/hour",
        LIMIT_SMS_NUMBER="1000/day",
        LIMIT_SIGN_IN_ADDRESS="9999/hour",
        RESEND_AFTER="0",
    )
    return site, estate(site, "Borealis")


def state(site: Site, of: Estate) -> tuple[bool, bool]:
    account = site.world.reload(of.account)
    return account.two_factor_enabled_at is not None, account.two_factor_enabled_by is not None


class Member:
    """Someone of the account who sends whatever comes to mind, and knows all the codes sent to their own phone."""

    def __init__(self, site: Site, of: Estate, chance: random.Random) -> None:
        self.site, self.of, self.chance = site, of, chance
        self.browsers: dict[int, Browser] = {}
        self.posts = [
            rule for rule in routes(site) if "POST" in (rule.methods or ()) and rule.endpoint not in _NEVER
        ]

    def act(self) -> None:
        user = self.chance.choice([self.of.owner, self.of.owner, self.of.exporter])
        browser = self.browsers.get(user.id)
        if browser is None or browser.get("/settings/browsers").status != 200:
            fresh = self.site.world.reload(user)
            try:
                browser = self.browsers[user.id] = self.site.signed_in(fresh, browser=self.site.browser())
            except AssertionError:
                return  # paused, removed: another one acts
        rule = self.chance.choice(self.posts)
        page = browser.post(address(rule, self.ids()), self.fields())
        assert page.status < 500, f"{rule.rule}: {page.status}"
        self.go_on(user, browser, page)

    def go_on(self, user: User, browser: Browser, page: Page) -> None:
        """Enter the code that was asked for, and press the button of what was interrupted."""
        if page.location.startswith(("/step-up", "/settings/account/confirm", "/settings/profile/confirm")):
            newest = self.site.texts()
            asked = browser.get(page.location)
            if not newest or asked.status != 200:
                return
            done = browser.post(page.location, {"code": newest[-1]["text"][:6]})
            if done.location.startswith("/step-up/resume/"):
                browser.get(done.location)
                browser.submit(form="")

    def ids(self) -> dict[str, str]:
        people = [self.of.owner, self.of.exporter, self.of.user]
        return {**self.of.ids, "user_id": self.chance.choice(people).public_id}

    def fields(self) -> dict[str, Any]:
        pick = self.chance.choice
        number = pick(["", "07400 123499", "+447400123498", "junk", str(self.of.owner.mobile_number), "\x00"])
        fields: dict[str, Any] = {
            "company_name": pick(["Borealis", "", "x" * 200]), "region": pick(["GB", "XX"]), "mobile_number": number,
            "time_zone": "Europe/London", "name": pick(["A", ""]), "email": pick([self.of.user.email, "junk", ""]),
            "reason": "because I say so", "evidence": "call_back", "account_name": self.of.account.name,
            "answer": pick(["accept", "decline"]), "code": pick(["", "000000"]), "can_export": pick(["y", ""]),
        }  # fmt: skip
        for name in ("two_factor_enabled", "two_factor_enabled_at", "two_factor_on", "disable"):
            if pick([True, False]):
                fields[name] = pick(["", "n", "0", "false", "off", "y", "None"])
        for user in (self.of.exporter, self.of.user):
            fields[f"mobile_number-{user.public_id}"] = pick([number, "", "07400 123497"])
        return {name: value for name, value in fields.items() if pick([True, True, False])}


@pytest.mark.threat("F6")
@pytest.mark.threat("F8")
@pytest.mark.parametrize("seed", [1, 2])
def test_no_sequence_of_requests_by_members_turns_two_factor_off_or_leaves_it_half_on(
    of: tuple[Site, Estate], seed: int
) -> None:
    site, mine = of
    member = Member(site, mine, random.Random(seed))
    for _ in range(_STEPS):
        member.act()
        assert state(site, mine) == (True, True)
    with site.context():
        numberless = db.session.scalars(
            db.select(User).where(
                User.account_id == mine.account.id, User.removed_at.is_(None), User.mobile_number.is_(None)
            )
        ).all()
    assert numberless == [], "two-factor is on, and somebody has no number"


@pytest.mark.parametrize("half", ["two_factor_enabled_at", "two_factor_enabled_by"])
def test_the_database_refuses_half_of_it(of: tuple[Site, Estate], half: str) -> None:
    site, mine = of
    with site.context(), pytest.raises(IntegrityError), write() as session:
        session.execute(text(f"UPDATE accounts SET {half} = NULL"))  # noqa: S608  # a constant of this file
    assert state(site, mine) == (True, True)


@pytest.mark.threat("F6")
def test_members_are_refused_at_supports_own_doors(of: tuple[Site, Estate]) -> None:
    site, mine = of
    fields = {"reason": "because I say so", "evidence": "call_back", "account_name": mine.account.name}
    for user in (mine.owner, mine.exporter):
        browser = site.signed_in(user)
        for path in (
            f"/support/accounts/{mine.account.public_id}/two-factor/disable",
            f"/support/accounts/{mine.account.public_id}/two-factor/keep",
        ):
            assert browser.post(path, fields).status == 403
            assert browser.post(path + "?role=support_admin", fields).status == 403
    assert state(site, mine) == (True, True)
