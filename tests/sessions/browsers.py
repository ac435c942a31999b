"""A second browser beside the first, and what either may."""

from collections.abc import Callable

from models import User
from tests.support.browser import Browser
from tests.support.exporting import cookies_of
from tests.support.site import Site

Clock = Callable[..., None]


def copy_of(site: Site, browser: Browser, **headers: str) -> Browser:
    """Another browser with the same cookies."""
    return site.with_cookies(cookies_of(browser), **headers)


def is_in(browser: Browser) -> bool:
    return browser.get("/settings/profile").status == 200


def password(site: Site, browser: Browser, user: User) -> str:
    """Where the right password leads."""
    if browser.get("/login").location:
        browser.post("/logout")
        browser.get("/login")
    return browser.submit(email=user.email, password=site.world.password).location
