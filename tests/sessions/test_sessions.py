"""Sessions, each seen from a second browser: what begins, changes and ends them."""

import re

import pytest
from sqlalchemy import select

from blueprints.gate import PUBLIC
from extensions import db
from models import User
from models.login_session import LoginSession
from models.trusted_browser import TrustedBrowser
from services import sessions
from tests.sessions.browsers import Clock, is_in, password
from tests.support.estate import estate, walk
from tests.support.exporting import cookies_of
from tests.support.site import Site


@pytest.mark.asvs("7.2.2", "7.2.4")
@pytest.mark.threat("E1", "E3")
def test_each_step_makes_a_new_token_and_no_copy_from_before_it_is_worth_anything(
    site: Site, owner: User, time_machine_at: Clock
) -> None:
    browser, copies = site.browser(), []
    browser.get("/login")
    copies.append(("before the password", cookies_of(browser)))
    browser.submit(email=owner.email, password=site.world.password)
    copies.append(("before the code", cookies_of(browser)))
    browser.get("/login/code")
    browser.submit(code=site.code(owner.mobile_number), shared_computer="y")
    copies.append(("before a step-up", cookies_of(browser)))
    time_machine_at(seconds=31)
    site.step_up(browser, "/settings/activity.csv")
    assert is_in(browser)
    for when, cookies in copies:
        assert not is_in(site.with_cookies(cookies)), when
    after = cookies_of(browser)
    browser.post("/logout")
    assert not is_in(site.with_cookies(after)), "after the sign-out"
    tokens = [cookies["session"] for _, cookies in copies] + [after["session"]]
    assert len(set(tokens)) == len(tokens)


@pytest.mark.asvs("7.2.1")
@pytest.mark.threat("D1")
def test_a_token_that_the_server_did_not_make_is_nobody(site: Site, owner: User) -> None:
    inside = site.signed_in(owner)
    for name, right in cookies_of(inside).items():
        for forged in (
            "x",
            right[:-4],
            right[4:],
            right.swapcase(),
            "a" * len(right),
            f"{right}.{right}"[:2000],
        ):
            thief = site.browser()
            thief.client.set_cookie(name, forged)
            assert not is_in(thief), (name, forged)
    thief = site.browser()
    thief.client.set_cookie("browser", "A" * 43)
    assert password(site, thief, owner) == "/login/code"
    with site.context():  # a copy of the table opens nothing
        rows = db.session.scalars(select(TrustedBrowser.token_hash)).all()
    for row in rows:
        thief = site.browser()
        thief.client.set_cookie("browser", row.hex())
        assert password(site, thief, owner) == "/login/code"


@pytest.mark.asvs("7.1.2")
def test_the_eleventh_session_of_a_person_ends_their_first(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    bystander = site.signed_in(site.world.user(account))
    inside = [site.signed_in(owner) for _ in range(sessions.MAX_AT_ONCE)]
    assert is_in(inside[0])
    one_more = site.signed_in(owner)
    assert [is_in(browser) for browser in inside] == [False] + [True] * (sessions.MAX_AT_ONCE - 1)
    assert is_in(one_more)
    assert is_in(bystander)


@pytest.mark.asvs("7.4.4")
def test_every_page_for_people_who_are_signed_in_has_the_way_out(site: Site) -> None:
    of = estate(site, "Borealis")
    seen = 0
    for user in (of.owner, site.world.support()):
        browser = site.signed_in(user)
        for rule, _, path in walk(site, of.ids, ("GET",)):
            if rule.endpoint in PUBLIC:
                continue
            page = browser.get(path)
            if page.status == 200 and page.response.mimetype == "text/html" and page.html.select("nav"):
                assert page.html.select('form[action="/logout"]'), path
                seen += 1
    assert seen > 20


@pytest.mark.asvs("7.4.2", "8.3.2")
@pytest.mark.threat("E6")
def test_a_removed_user_is_out_in_every_browser_and_trusted_in_none(site: Site) -> None:
    account, owner = site.world.acme()
    ana = site.world.user(account)
    here, there, waiting = site.signed_in(ana), site.signed_in(ana), site.browser()
    assert password(site, waiting, ana) == "/login/code"
    code = site.code(ana.mobile_number)
    owners = site.signed_in(owner)
    answer = owners.post(f"/settings/users/{ana.public_id}/remove")
    owners.get(answer.location)
    owners.get(owners.submit(code=site.code(owner.mobile_number)).location)
    assert owners.submit(form="/remove").status == 303
    assert not is_in(here)
    assert not is_in(there)
    assert waiting.post("/login/code", {"code": code}).location == "/login"
    with site.context():
        live = select(TrustedBrowser).where(
            TrustedBrowser.user_id == ana.id, TrustedBrowser.revoked_at.is_(None)
        )
        open_ = select(LoginSession).where(LoginSession.user_id == ana.id, LoginSession.ended_at.is_(None))
        assert [*db.session.scalars(live), *db.session.scalars(open_)] == []


@pytest.mark.asvs("7.5.2")
def test_ending_a_session_shows_in_the_other_browser_at_once_and_asks_for_nothing(
    site: Site, owner: User
) -> None:
    here, there = site.signed_in(owner), site.signed_in(owner)
    page = here.get("/settings/browsers")
    assert "Signed in" in page.words
    ids = re.findall(r"/settings/browsers/([\w-]+)/revoke", page.text)
    for public_id in ids:
        assert here.post(f"/settings/browsers/{public_id}/revoke").status == 303
    assert is_in(here)
    assert not is_in(there)
    assert password(site, there, owner) == "/login/code"
