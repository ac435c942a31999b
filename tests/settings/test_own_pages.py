"""What everybody has: profile, password, browsers and sessions."""

from collections.abc import Callable

import pytest

from services.browsers import name
from tests.support.site import LONG, Site

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
NEW = "nine purple lanterns drift"


def test_a_user_changes_their_name(site: Site) -> None:
    account, owner = site.world.acme()
    browser = site.signed_in(site.world.user(account))
    browser.get("/settings/profile")
    assert browser.submit(name="Ana   Lindqvist").location == "/settings/profile"
    assert "Profile saved" in browser.follow().notes


@pytest.mark.parametrize("value", ["", "x" * 101, "nul\x00", ["a", "b"], None])
def test_a_bad_name_is_told_at_its_field(site: Site, value: object) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/profile")
    page = browser.submit(having="name", name=value, mobile_number="07400 222333")
    assert page.status == 422
    assert page.error("name")
    assert page.value("mobile_number") == "07400 222333"


@pytest.mark.asvs("7.5.1")
@pytest.mark.threat("F1")
def test_a_users_new_number_needs_the_old_phone_and_the_new_one(site: Site) -> None:
    account, owner = site.world.acme()
    ana = site.world.user(account)
    browser = site.signed_in(ana)
    browser.get("/settings/profile")
    answer = browser.submit(mobile_number="07400 333444")
    assert answer.location.startswith("/step-up")
    assert site.texts("+447400333444") == []
    browser.get(answer.location)
    browser.get(browser.submit(code=site.code(ana.mobile_number)).location)
    answer = browser.submit()
    assert answer.location.startswith("/settings/profile/confirm-mobile")
    browser.get(answer.location)
    assert browser.submit(code="12").status == 422
    assert site.world.reload(ana).mobile_number == ana.mobile_number
    assert browser.submit(code=site.code("+447400333444")).location == "/settings/profile"
    after = site.world.reload(ana)
    assert after.mobile_number == "+447400333444"
    assert after.mobile_confirmed_at is not None
    assert "number was changed" in site.texts(ana.mobile_number)[-1]["text"]
    assert browser.get("/settings/profile").status == 200


def test_with_two_factor_on_the_number_cannot_be_emptied(site: Site) -> None:
    account, owner = site.world.acme()
    ana = site.world.user(account)
    browser = site.signed_in(ana)
    browser.get("/settings/profile")
    page = browser.submit(mobile_number="")
    assert page.status == 422
    assert "needs it" in page.error("mobile_number")
    assert site.world.reload(ana).mobile_number == ana.mobile_number


def test_support_staff_change_their_name_and_nothing_else(site: Site) -> None:
    person = site.world.support()
    browser = site.signed_in(person)
    page = browser.get("/settings/profile")
    assert page.html.select_one('[name="mobile_number"]') is None
    assert browser.post("/settings/profile", {"name": "Sam", "mobile_number": "07400 333444"}).status == 303
    after = site.world.reload(person)
    assert (after.name, after.mobile_number) == ("Sam", person.mobile_number)
    assert browser.get("/settings/profile/confirm-mobile").status == 403


# --- password


@pytest.mark.asvs("6.2.2", "7.4.3")
def test_a_new_password_ends_everything_else_and_renews_this_session(site: Site) -> None:
    account, owner = site.world.acme()
    browser, elsewhere = site.signed_in(owner), site.signed_in(owner)
    copied = browser.cookie("session")
    browser.get("/settings/password")
    answer = browser.submit(current_password=site.world.password, password=NEW, password_again=NEW)
    assert answer.location == "/settings/profile"
    assert "Your password is changed" in browser.follow().notes
    assert elsewhere.get("/").location.startswith("/login")
    thief = site.browser()
    thief.client.set_cookie("session", copied or "")
    assert thief.get("/settings/profile").location.startswith("/login")


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("current_password", {"current_password": "wrong", "password": NEW, "password_again": NEW}),
        ("current_password", {"current_password": "", "password": NEW, "password_again": NEW}),
        ("password", {"password": "short", "password_again": "short"}),
        ("password", {"password": NEW + "\x00", "password_again": NEW + "\x00"}),
        ("password", {"password": [NEW, NEW], "password_again": NEW}),
        ("password", {"password": "x" * 200_000, "password_again": "x" * 200_000}),
        ("password_again", {"password": NEW, "password_again": NEW + "!"}),
        ("password_again", {"password": NEW, "password_again": ""}),
    ],
)
def test_a_bad_password_is_told_at_its_field_and_never_shown_back(
    site: Site, field: str, fields: dict[str, str]
) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/password")
    page = browser.submit(**{"current_password": site.world.password, **fields})
    assert page.status == 422
    assert page.error(field)
    assert all(page.value(box) == "" for box in ("current_password", "password", "password_again"))
    assert site.signed_in(owner).get("/settings/profile").status == 200, "the old password still works"


@pytest.mark.asvs("6.2.3")
@pytest.mark.threat("B12")
def test_guesses_at_the_current_password_are_limited(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_SIGN_IN_USER="3/hour", **LONG)
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/password")
    fields = {"current_password": "wrong", "password": NEW, "password_again": NEW}
    statuses = [browser.submit(**fields).status for _ in range(4)]
    assert statuses == [422, 422, 422, 429]


# --- browsers and sessions


MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (f"{MAC} Version/17.4 Safari/605.1.15", "Safari on Mac"),
        (f"{LINUX} Chrome/126.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"{LINUX} Chrome/126.0.0.0 Safari/537.36 Edg/126.0", "Edge on Linux"),
        (f"{IPHONE} CriOS/126 Mobile Safari/604.1", "Chrome on iPhone"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel) Something", "A browser on Android"),
        ("curl/8.5", "curl"),
        ("", "An unknown browser"),
        ("<script>alert(1)</script>", "An unknown browser"),
    ],
)
def test_browsers_are_named_as_people_know_them(header: str, words: str) -> None:
    assert name(header) == words


@pytest.mark.asvs("6.5.6", "7.5.2")
def test_sessions_and_trusted_browsers_are_listed_and_ended_one_by_one(site: Site) -> None:
    account, owner = site.world.acme()
    here, there = site.signed_in(owner), site.signed_in(owner, browser=site.browser(user_agent=FIREFOX))
    page = here.get("/settings/browsers")
    assert page.words.count("Firefox on Windows") >= 2
    assert "This session" in page.words
    assert "This browser" in page.words
    ids = [str(form["action"]).split("/")[-2] for form in page.html.select('form[action*="/revoke"]')][:-1]
    assert len(ids) == 3, "one session and two trusted browsers; this session ends by signing out"
    for row in ids:
        assert here.post(f"/settings/browsers/{row}/revoke").status == 303
        assert here.post(f"/settings/browsers/{row}/revoke").status == 404
    assert there.get("/settings/browsers").location.startswith("/login")
    page = here.get("/settings/browsers")
    assert "No browser is trusted" in page.words
    words = here.get("/settings/activity?kind=Browsers").words
    assert "ended a session" in words
    assert "stopped trusting a browser" in words


def test_nobody_ends_anothers_session(site: Site) -> None:
    account, owner = site.world.acme()
    ana = site.world.user(account)
    hers = site.signed_in(ana)
    page = hers.get("/settings/browsers")
    trusted = str(page.html.select_one('form[action*="/revoke"]')["action"])
    assert site.signed_in(owner).post(trusted).status == 404
    assert "This browser" in hers.get("/settings/browsers").words


@pytest.mark.asvs("6.5.6", "7.4.3")
def test_everything_else_can_be_ended_at_once(site: Site) -> None:
    account, owner = site.world.acme()
    here, there = site.signed_in(owner), site.signed_in(owner)
    here.get("/settings/browsers")
    assert here.submit(form="revoke-all").location == "/settings/browsers"
    assert "No browser is trusted" in here.follow().words
    assert there.get("/").location.startswith("/login")
