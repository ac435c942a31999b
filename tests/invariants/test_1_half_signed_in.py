"""Invariant 1. Between the right password and the right code there is no session at all."""

import pytest

from blueprints.gate import HALF_SIGNED_IN
from tests.support.browser import Browser
from tests.support.estate import Estate, estate, walk
from tests.support.exporting import cookies_of
from tests.support.rows import changes, snapshot
from tests.support.site import Site


@pytest.fixture
def of(site: Site) -> Estate:
    return estate(site, "Borealis")


def half_signed_in(site: Site, of: Estate, browser: Browser | None = None) -> Browser:
    browser = browser or site.browser()
    browser.get("/login")
    assert browser.submit(email=of.owner.email, password=site.world.password).location == "/login/code"
    return browser


@pytest.mark.asvs("6.3.3", "6.3.4")
@pytest.mark.threat("A1")
@pytest.mark.threat("A3")
@pytest.mark.threat("A7")
@pytest.mark.asvs("2.3.1")
def test_between_the_right_password_and_the_right_code_no_page_but_the_code_page_answers(
    site: Site, of: Estate
) -> None:
    browser = half_signed_in(site, of)
    before = snapshot(site)
    for rule, method, path in walk(site, of.ids):
        if rule.endpoint in HALF_SIGNED_IN:
            continue
        answer = browser.client.open(path, method=method, data={"csrf_token": browser.csrf_token()})
        told = f"{method} {path}: {answer.status_code}"
        assert (answer.status_code, answer.headers.get("Location")) == (303, "/login/code"), told
        assert not any(secret in answer.get_data(as_text=True) for secret in of.secrets), told
    assert changes(before, snapshot(site)) == set()


def test_what_answers_half_signed_in_tells_nothing_of_the_account(site: Site, of: Estate) -> None:
    browser = half_signed_in(site, of)
    for path in ("/login/code", "/login/code/status", "/dev/phone", "/dev/mail"):
        page = browser.get(path)
        assert page.status == (404 if path.startswith("/dev") else 200)
        assert not any(secret in page.text for secret in of.secrets)


def test_unknown_addresses_and_methods_lead_to_the_code_page_too(site: Site, of: Estate) -> None:
    browser = half_signed_in(site, of)
    for path in ("/nowhere", "/contacts/", "/login/code/", "/LOGIN/CODE", "/login/code/../../contacts"):
        assert browser.client.get(path).headers["Location"] == "/login/code", path
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        answer = browser.client.open(
            "/login/code", method=method, headers={"X-CSRFToken": browser.csrf_token()}
        )
        assert answer.headers.get("Location") == "/login/code"


@pytest.mark.threat("E1")
@pytest.mark.asvs("7.2.4")
def test_no_cookie_from_before_the_code_is_worth_anything_after_it(site: Site, of: Estate) -> None:
    browser = site.browser()
    copies = []
    browser.get("/login")
    copies.append(cookies_of(browser))
    half_signed_in(site, of, browser)
    copies.append(cookies_of(browser))
    browser.get("/login/code")
    browser.submit(code=site.code(of.owner.mobile_number), shared_computer="y")
    assert browser.get("/contacts").status == 200
    for cookies in copies:
        thief = site.with_cookies(cookies)
        assert thief.get("/contacts").location.startswith("/login?")
        assert thief.get("/login/code").location == "/login"


def test_a_copy_of_the_half_signed_in_cookie_opens_the_code_page_and_nothing_else(
    site: Site, of: Estate
) -> None:
    thief = site.with_cookies(cookies_of(half_signed_in(site, of)))
    assert thief.get("/contacts").location == "/login/code"
    assert thief.get("/settings/account").location == "/login/code"


def test_signing_in_over_an_open_session_ends_it(site: Site, of: Estate) -> None:
    browser = site.signed_in(of.exporter)
    copied = cookies_of(browser)
    browser.post("/login", {"email": of.owner.email, "password": site.world.password})
    assert browser.get("/contacts").location == "/login/code"
    copied.pop("browser", None)
    assert site.with_cookies(copied).get("/contacts").location.startswith("/login")


@pytest.mark.threat("A4")
@pytest.mark.threat("A5")
def test_a_new_password_while_half_signed_in_ends_the_waiting(site: Site, of: Estate) -> None:
    waiting = half_signed_in(site, of)
    code = site.code(of.owner.mobile_number)
    other = site.browser()
    other.get("/password/forgot")
    other.submit(email=of.owner.email)
    other.get(site.link(of.owner.email, "/password/reset/"))
    new = "nine wandering teapots sing"
    assert other.submit(password=new, password_again=new).location == "/login"
    assert waiting.post("/login/code", {"code": code}).location == "/login"
    assert waiting.get("/contacts").location.startswith("/login")


@pytest.mark.threat("A10")
@pytest.mark.threat("C4")
def test_fields_and_headers_that_claim_to_be_signed_in_are_ignored(site: Site, of: Estate) -> None:
    browser = half_signed_in(site, of)
    claims = {"user_id": "1", "verified": "true", "remember": "1", "otp_required": "false", "code": "000000"}
    page = browser.post(
        "/login/code?user_id=1&verified=true", claims, headers={"X-Remote-User": of.owner.email}
    )
    assert page.status == 422
    assert browser.get("/contacts", headers={"X-Forwarded-User": of.owner.email}).location == "/login/code"


@pytest.mark.threat("D2")
def test_a_forged_remember_cookie_signs_nobody_in(site: Site, of: Estate) -> None:
    browser = half_signed_in(site, of)
    for value in (of.owner.public_id, f"{of.owner.id}|0", "1|" + "a" * 128):
        browser.client.set_cookie("remember_token", value)
        assert browser.get("/contacts").location == "/login/code"
