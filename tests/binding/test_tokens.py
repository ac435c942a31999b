"""Tokens in cookies: each is for one place. In every other one, or for another person, it opens nothing."""

from collections.abc import Callable
from itertools import product

import pytest

from blueprints.gate import PENDING_KEY
from models import User
from tests.support.browser import Browser
from tests.support.exporting import fixed_export
from tests.support.site import Site

SESSION_KEY = "_user_id"
BROWSER_COOKIE = "browser"


def of_session(browser: Browser, key: str) -> str:
    with browser.client.session_transaction() as session:
        return str(session[key])


def tokens(site: Site, user: User) -> dict[str, str]:
    """One of every kind, all alive, of one person."""
    inside = site.signed_in(user)
    waiting = site.browser()
    waiting.get("/login")
    assert waiting.submit(email=user.email, password=site.world.password).location == "/login/code"
    return {
        "session": of_session(inside, SESSION_KEY),
        "pending": of_session(waiting, PENDING_KEY),
        "browser": str(inside.cookie(BROWSER_COOKIE)),
    }


def with_session(site: Site, **values: str) -> Browser:
    """A browser whose signed cookie says this. Nobody outside can sign one: so this is more than a thief can do."""
    browser = site.browser()
    with browser.client.session_transaction() as session:
        session.update(values)
    return browser


def asks_for_a_code(site: Site, user: User, cookie: str) -> bool:
    browser = site.browser()
    browser.client.set_cookie(BROWSER_COOKIE, cookie)
    browser.get("/login")
    return browser.submit(email=user.email, password=site.world.password).location == "/login/code"


@pytest.mark.threat("D1", "D2", "D3", "C7")
@pytest.mark.asvs("7.2.1", "7.2.2")
def test_a_token_is_worth_something_in_its_own_place_only(site: Site) -> None:
    account, ana = site.world.acme()
    held = tokens(site, ana)
    for kind, token in held.items():
        inside = with_session(site, **{SESSION_KEY: token}).get("/contacts")
        assert (inside.status == 200) == (kind == "session"), f"{kind} as a session: {inside.status}"
        waiting = with_session(site, **{PENDING_KEY: token}).get("/login/code")
        assert (waiting.status == 200) == (kind == "pending"), (
            f"{kind} as a pending sign-in: {waiting.status}"
        )
        assert asks_for_a_code(site, ana, token) == (kind != "browser"), f"{kind} as a trusted browser"


@pytest.mark.threat("D3")
def test_a_trusted_browser_is_one_persons(site: Site) -> None:
    account, ana = site.world.acme()
    other = site.world.account("Other Ltd", two_factor=True)
    people = {
        "Ana": ana,
        "Ben": site.world.user(account),
        "Cleo": site.world.owner(other),
        "Sam": site.world.support(),
    }
    cookies = {
        name: str(site.signed_in(user).cookie(BROWSER_COOKIE))
        for name, user in people.items()
        if not user.is_support
    }
    for (whose, cookie), (name, user) in product(cookies.items(), people.items()):
        asked = asks_for_a_code(site, user, cookie)
        assert asked == (whose != name), f"{whose}'s browser, {name} signs in"


def changed(token: str) -> dict[str, str]:
    return {
        "cut": token[:-1],
        "longer": token + "A",
        "one letter": ("A" if token[0] != "A" else "B") + token[1:],
        "in capitals": token.upper(),
        "empty": "",
        "with a NUL": token + "\0",
        "very long": token * 80,
        "of another script": "é" * 43,
    }


@pytest.mark.threat("D1")
@pytest.mark.asvs("7.2.1", "11.2.5")
def test_an_altered_token_is_nothing(site: Site) -> None:
    _, ana = site.world.acme()
    held = tokens(site, ana)
    for how, token in changed(held["session"]).items():
        assert with_session(site, **{SESSION_KEY: token}).get("/contacts").location.startswith("/login"), how
    for how, token in changed(held["pending"]).items():
        assert with_session(site, **{PENDING_KEY: token}).get("/login/code").location == "/login", how
    for how, token in changed(held["browser"]).items():
        if how != "with a NUL":  # no HTTP header can carry one
            assert asks_for_a_code(site, ana, token.encode("ascii", "replace").decode()), how


DOORS: dict[str, Callable[[Browser], str]] = {
    "an export": lambda browser: f"{fixed_export(browser)}/download",
    "another export": lambda browser: f"{fixed_export(browser, status='Subscribed')}/download",
    "the log": lambda browser: "/settings/activity.csv",
}


@pytest.mark.threat("C6", "C7")
@pytest.mark.asvs("7.5.3", "6.6.2")
@pytest.mark.parametrize("opened", DOORS)
def test_a_grant_opens_what_it_was_given_for(
    make_site: Callable[..., Site], time_machine_at: Callable[..., None], opened: str
) -> None:
    site = make_site(RESEND_AFTER="0")
    account, ana = site.world.acme()
    site.world.contacts(account, 3)
    here, there = site.signed_in(ana), site.signed_in(ana)
    paths = {name: door(here) for name, door in DOORS.items()}
    site.step_up(here, paths[opened])
    for name, path in paths.items():
        asked_here = here.get(path).location.startswith("/step-up")
        assert asked_here == (name != opened), f"a code for {opened} at {name}"
        assert there.get(path).location.startswith("/step-up"), (
            f"{name} in another session of the same person"
        )
    time_machine_at(seconds=site.settings.step_up_lifetime + 1)
    assert here.get(paths[opened]).location.startswith("/step-up"), "a grant lasts five minutes"
