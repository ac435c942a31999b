"""The page that asks for the code to a new number: what its script asks."""

import pytest

from models import Message, User
from services.clock import now
from services.unit_of_work import write
from tests.support.browser import Browser
from tests.support.site import Site


@pytest.fixture
def owner(site: Site) -> User:
    return site.world.acme(two_factor=False)[1]


def turning_it_on(browser: Browser) -> None:
    browser.get("/settings/account")
    browser.submit(two_factor_enabled="y")


def changing_the_own_number(browser: Browser) -> None:
    browser.get("/settings/profile")
    browser.submit(mobile_number="07400 555666")


WAYS = [turning_it_on, changing_the_own_number]


def status(browser: Browser) -> dict[str, object]:
    assert browser.page is not None
    box = browser.page.html.select_one("[data-poll]")
    assert box is not None
    told = browser.get(str(box["data-poll"]), keep=False).response.get_json()
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize("way", WAYS)
def test_the_script_is_told_of_a_rejected_text_and_of_the_end(
    site: Site, owner: User, way: object, browser: Browser
) -> None:
    assert callable(way)
    way(browser)
    browser.get(browser.last.location)
    before = len(site.texts())
    assert (status(browser)["title"], status(browser)["finished"]) == ("Sent", False)
    with site.context(), write() as session:
        for message in session.query(Message):
            message.state, message.settled_at, message.reason = "rejected", now(), "account: no credit"
    assert "could not be sent" in str(status(browser)["status"])
    assert len(site.texts()) == before
    waits = browser.page
    browser.submit(form="/cancel")
    browser.page = waits
    assert status(browser) == {"status": "", "finished": True}


@pytest.mark.parametrize("way", WAYS)
def test_the_wait_of_another_session_tells_nothing(
    site: Site, owner: User, way: object, browser: Browser
) -> None:
    assert callable(way)
    way(browser)
    waits, other = browser.get(browser.last.location), site.signed_in(owner)
    other.page = waits
    assert status(other) == {"status": "", "finished": True}


@pytest.fixture
def browser(site: Site, owner: User) -> Browser:
    return site.signed_in(owner)
