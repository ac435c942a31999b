"""What is unusual about a sign-in is told by mail: one mail each, with the way to close everything."""

from collections.abc import Callable

import pytest

from models import User
from tests.support.browser import Browser
from tests.support.site import Site

Clock = Callable[..., None]


def sign_in(site: Site, browser: Browser, user: User) -> Browser:
    if browser.get("/login").location:  # still signed in
        browser.post("/logout")
        browser.get("/login")
    answer = browser.submit(email=user.email, password=site.world.password)
    if answer.location == "/login/code":
        browser.get("/login/code")
        answer = browser.submit(code=site.code(user.mobile_number))
    assert answer.location in {"/", "/support"}
    return browser


def guess(site: Site, user: User, times: int) -> None:
    stranger = site.browser()
    stranger.get("/login")
    for _ in range(times):
        assert stranger.submit(email=user.email, password="not my password at all").status == 422


def told(site: Site, user: User) -> list[str]:
    return [mail["subject"].partition(" to ")[0] for mail in site.mails(user.email)]


@pytest.mark.asvs("6.3.5")
def test_a_success_after_many_failures_is_told_once(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_SIGN_IN_USER="20/day")
    _, owner = site.world.acme(two_factor=False)
    sign_in(site, site.browser(), owner)
    guess(site, owner, 4)
    sign_in(site, site.browser(), owner)
    assert told(site, owner) == []
    guess(site, owner, 5)
    sign_in(site, site.browser(), owner)
    sign_in(site, site.browser(), owner)
    assert told(site, owner) == ["An unusual sign-in"]
    assert "after 5 wrong passwords" in site.mails(owner.email)[0]["text"]
    assert site.browser().get(site.link(owner.email, "/not-me/")).status == 200


@pytest.mark.asvs("6.3.5")
@pytest.mark.parametrize("two_factor", [True, False])
def test_a_first_sign_in_after_a_long_rest_is_told_once(
    site: Site, time_machine_at: Clock, two_factor: bool
) -> None:
    _, owner = site.world.acme(two_factor=two_factor)
    browser = site.browser()
    sign_in(site, browser, owner)
    before = len(told(site, owner))
    time_machine_at(days=20)
    sign_in(site, browser, owner)
    assert len(told(site, owner)) == before
    time_machine_at(days=31)
    sign_in(site, browser, owner)
    sign_in(site, browser, owner)
    assert told(site, owner)[before:] == ["New sign-in"], "after thirty days no browser is known any more"


@pytest.mark.asvs("6.3.5", "6.3.7")
@pytest.mark.parametrize("two_factor", [True, False])
def test_a_new_browser_is_told_with_and_without_two_factor(site: Site, two_factor: bool) -> None:
    account, owner = site.world.acme(two_factor=two_factor)
    sign_in(site, site.browser(user_agent="Firefox/1.0"), owner)
    first = len(told(site, owner))
    assert first == int(two_factor), "the very first sign-in of all is news only where codes are asked for"
    guess(site, owner, 2)
    sign_in(site, site.browser(user_agent="Thief/1.0"), owner)
    mail = site.mails(owner.email)[first]
    assert mail["subject"].startswith("New sign-in")
    assert "Thief/1.0" in mail["text"]
    assert "2 wrong passwords were entered" in mail["text"]
    assert ("a code from your phone" in mail["text"]) == two_factor
    assert len(told(site, owner)) == first + 1


def test_support_is_mailed_when_browser_or_network_is_new_and_not_every_day(site: Site) -> None:
    support = site.world.support()
    for browser in ("Firefox/1.0", "Firefox/1.0", "Firefox/1.0"):
        sign_in(site, site.browser(user_agent=browser), support)
    assert told(site, support) == []
    sign_in(site, site.browser(user_agent="Thief/1.0"), support)
    assert told(site, support) == ["New sign-in"]
