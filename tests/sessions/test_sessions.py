"""Sessions and trusted browsers, each seen from a second browser: what begins, changes and ends them."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from blueprints.gate import PUBLIC
from extensions import db
from models import User
from models.login_session import LoginSession
from models.trusted_browser import TrustedBrowser
from services import sessions
from services.trusted_browsers import GRACE
from tests.support.browser import Browser
from tests.support.estate import estate, walk
from tests.support.exporting import cookies_of
from tests.support.site import Site

Clock = Callable[..., None]


def copy_of(site: Site, browser: Browser, **headers: str) -> Browser:
    """Another browser with the same cookies."""
    return with_cookies(site, cookies_of(browser), **headers)


def with_cookies(site: Site, cookies: dict[str, str], **headers: str) -> Browser:
    thief = site.browser(**headers)
    for name, value in cookies.items():
        thief.client.set_cookie(name, value)
    return thief


def is_in(browser: Browser) -> bool:
    return browser.get("/settings/profile").status == 200


def password(site: Site, browser: Browser, user: User) -> str:
    """Where the right password leads."""
    if browser.get("/login").location:
        browser.post("/logout")
        browser.get("/login")
    return browser.submit(email=user.email, password=site.world.password).location


@pytest.fixture
def owner(site: Site) -> User:
    return site.world.acme()[1]


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
        assert not is_in(with_cookies(site, cookies)), when
    after = cookies_of(browser)
    browser.post("/logout")
    assert not is_in(with_cookies(site, after)), "after the sign-out"
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


# --- trusted browsers


@pytest.mark.threat("D1", "D6")
def test_a_trusted_browsers_token_is_new_after_each_sign_in_and_an_old_copy_is_worth_nothing(
    site: Site, owner: User, time_machine_at: Clock
) -> None:
    browser = site.signed_in(owner)
    copy = copy_of(site, browser)
    copy.client.delete_cookie("session")
    assert password(site, browser, owner) == "/"
    assert browser.cookie("browser") != copy.cookie("browser")
    time_machine_at(seconds=GRACE.total_seconds() + 1)
    assert password(site, copy, owner) == "/login/code"
    assert password(site, browser, owner) == "/"
    assert browser.get("/settings/browsers").words.count("Stop trusting") == 1, "one browser stays one line"


def test_two_tabs_that_sign_in_at_the_same_moment_both_get_in_and_the_browser_stays_trusted(
    site: Site, owner: User, time_machine_at: Clock
) -> None:
    browser = site.signed_in(owner)
    tab = copy_of(site, browser)
    before = tab.cookie("browser")
    assert password(site, browser, owner) == "/"
    assert password(site, tab, owner) == "/"
    assert tab.cookie("browser") == before, "its cookie is left alone: the other tab has just set a newer one"
    time_machine_at(seconds=GRACE.total_seconds() + 1)
    assert password(site, browser, owner) == "/"


def test_a_browser_that_is_trusted_no_more_has_no_grace(site: Site, owner: User) -> None:
    browser = site.signed_in(owner)
    copy = copy_of(site, browser)
    assert password(site, browser, owner) == "/"
    listed = browser.get("/settings/browsers")
    [public_id] = [
        found.group(1) for found in re.finditer(r"/settings/browsers/([\w-]+)/revoke", listed.text)
    ][-1:]
    browser.post(f"/settings/browsers/{public_id}/revoke")
    for one in (browser, copy):
        assert password(site, one, owner) == "/login/code"


@pytest.mark.asvs("8.2.4")
@pytest.mark.threat("D3")
def test_a_trusted_browsers_cookie_in_a_browser_of_another_make_is_asked_for_a_code(
    site: Site, owner: User
) -> None:
    firefox = site.signed_in(owner, browser=site.browser(user_agent="Mozilla/5.0 (X11; Linux) Firefox/128.0"))
    copy = copy_of(site, firefox, user_agent="Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36")
    copy.client.delete_cookie("session")
    assert password(site, copy, owner) == "/login/code"
    firefox.headers["user-agent"] = "Mozilla/5.0 (X11; Linux) Firefox/131.0"
    assert password(site, firefox, owner) == "/", "an update changes nothing"
