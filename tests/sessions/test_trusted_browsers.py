"""Trusted browsers, each seen from a second one: whose cookie is good, and for how long."""

import re

import pytest

from models import User
from services.trusted_browsers import GRACE
from tests.sessions.browsers import Clock, copy_of, password
from tests.support.site import Site


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
