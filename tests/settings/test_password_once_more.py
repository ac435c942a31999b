"""With two-factor off, a session that is not fresh shows its password before what one signs in with is changed."""

from collections.abc import Callable

import pytest

from models import User
from tests.support.browser import Browser
from tests.support.site import Site

Clock = Callable[..., None]
NEW = "07400 777888"


@pytest.fixture
def owner(site: Site) -> User:
    return site.world.acme(two_factor=False)[1]


@pytest.fixture
def stale(site: Site, owner: User, time_machine_at: Clock) -> Browser:
    browser = site.signed_in(owner)
    time_machine_at(minutes=16)
    return browser


@pytest.mark.asvs("7.5.1")
@pytest.mark.threat("F1")
@pytest.mark.parametrize("page", ["/settings/profile", "/settings/account"])
def test_a_number_is_changed_after_the_password_only(
    site: Site, owner: User, stale: Browser, page: str
) -> None:
    for password in ("", "not my password at all", None):
        stale.get(page)
        answer = stale.submit(having="mobile_number", mobile_number=NEW, current_password=password)
        assert (answer.status, bool(answer.error("current_password"))) == (422, True)
    stale.get(page)
    assert stale.submit(having="mobile_number", mobile_number="").status == 422
    assert site.texts() == []
    assert site.world.reload(owner).mobile_number == owner.mobile_number
    stale.get(page)
    answer = stale.submit(mobile_number=NEW, current_password=site.world.password)
    assert "confirm-mobile" in answer.location


@pytest.mark.asvs("7.5.1")
def test_two_factor_is_turned_on_after_the_password_only(site: Site, stale: Browser) -> None:
    stale.get("/settings/account")
    assert stale.submit(two_factor_enabled="y").status == 422
    assert site.texts() == []
    answer = stale.submit(two_factor_enabled="y", current_password=site.world.password)
    assert "confirm-mobile" in answer.location


@pytest.mark.asvs("7.5.1")
def test_a_users_address_and_number_are_changed_after_the_owners_password_only(
    site: Site, time_machine_at: Clock
) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    browser = site.signed_in(owner)
    time_machine_at(minutes=16)
    path = f"/settings/users/{ana.public_id}"
    for change in ({"email": "thief@elsewhere.example"}, {"mobile_number": NEW}):
        browser.get(path)
        assert browser.submit(having="email", **change).status == 422
        assert site.world.reload(ana).email == ana.email
    browser.get(path)
    assert browser.submit(name="Ana Lindqvist").status == 303, "a name asks for nothing"
    browser.get(path)
    answer = browser.submit(email="ana@elsewhere.example", current_password=site.world.password)
    assert answer.status == 303
    assert site.world.reload(ana).email == "ana@elsewhere.example"


def test_a_fresh_session_and_what_nobody_signs_in_with_ask_for_nothing(
    site: Site, owner: User, time_machine_at: Clock
) -> None:
    browser = site.signed_in(owner)
    browser.get("/settings/profile")
    assert browser.page is not None
    assert not browser.page.html.select('[name="current_password"]')
    assert "confirm-mobile" in browser.submit(mobile_number=NEW).location
    time_machine_at(minutes=16)
    browser.get("/settings/profile")
    assert browser.submit(name="Dana Vale").location == "/settings/profile"


@pytest.mark.asvs("6.2.3")
@pytest.mark.threat("B12")
def test_guesses_at_it_are_counted_like_sign_ins(
    make_site: Callable[..., Site], time_machine_at: Clock
) -> None:
    site = make_site(LIMIT_SIGN_IN_USER="3/day")
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    time_machine_at(minutes=16)
    for expected in (422, 422, 422, 429):
        browser.get("/settings/profile")
        answer = browser.submit(mobile_number=NEW, current_password="not my password at all")
        assert answer.status == expected
    assert int(answer.headers["Retry-After"]) > 0
    assert browser.submit(current_password=site.world.password).status == 429
