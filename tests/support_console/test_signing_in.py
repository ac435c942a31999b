"""Support always sign in with a code, and no browser is remembered for them."""

from tests.support.browser import Browser
from tests.support.site import Site


def test_every_sign_in_of_support_asks_for_a_code(site: Site) -> None:
    support = site.world.support()
    browser = site.browser()
    for turn in (1, 2):
        browser.get("/login")
        assert browser.submit(email=support.email, password=site.world.password).location == "/login/code"
        browser.get("/login/code")
        browser.submit(code=site.code(support.mobile_number))
        assert len(site.texts(support.mobile_number)) == turn
        assert browser.get("/support").status == 200
        _sign_out(browser)


def test_no_browser_cookie_is_set_for_support(site: Site) -> None:
    browser = site.signed_in(site.world.support())
    assert browser.cookie("browser") is None
    _sign_out(browser)
    assert browser.cookie("browser") is None


def test_a_browser_trusted_for_a_member_is_not_trusted_for_support(site: Site) -> None:
    _, owner = site.world.acme()
    support = site.world.support()
    browser = site.signed_in(owner)
    assert browser.cookie("browser")
    _sign_out(browser)
    browser.get("/login")
    assert browser.submit(email=support.email, password=site.world.password).location == "/login/code"


def _sign_out(browser: Browser) -> None:
    browser.get(
        "/support/requests" if browser.get("/support").status == 200 else "/help/two-factor-authentication"
    )
    browser.submit(form="/logout")
