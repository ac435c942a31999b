"""What a stranger types as an address is counted as an address, whatever else in the site has such a name."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from extensions import db
from models import Link, TrustedBrowser
from services import links
from tests.support.site import LONG, Site

Make = Callable[..., Site]


def hammer(site: Site, typed: str) -> None:
    for at in range(8):
        site.browser().post(
            "/login",
            {"email": typed, "password": "wrong wrong wrong"},
            environ_overrides={"REMOTE_ADDR": f"198.51.100.{at}"},
        )


@pytest.mark.threat("B11")
@pytest.mark.asvs("6.3.1")
def test_nobody_types_a_trusted_browser_into_waiting(make_site: Make) -> None:
    site = make_site(**LONG)
    _, owner = site.world.acme()
    browser = site.trusted(owner)
    with site.context():
        trusted = db.session.scalars(select(TrustedBrowser.id)).one()
    hammer(site, f"browser:{trusted}")
    hammer(site, owner.email)
    browser.get("/login")
    assert browser.submit(email=owner.email, password=site.world.password).location == "/"


@pytest.mark.threat("B11")
def test_nobody_types_somebody_into_waiting_who_has_just_set_a_password(make_site: Make) -> None:
    site = make_site(**LONG)
    _, owner = site.world.acme(two_factor=False)
    browser = site.browser()
    browser.post("/password/forgot", {"email": owner.email})
    browser.get(site.link(owner.email, "/password/reset/"))
    fresh = "a password that nobody has used before"
    assert browser.submit(password=fresh, password_again=fresh).location == "/login"
    with site.context():
        link = db.session.scalars(select(Link.id).where(Link.purpose == links.PASSWORD_RESET)).one()
    hammer(site, f"reset:{link}")
    hammer(site, owner.email)
    browser.get("/login")
    assert browser.submit(email=owner.email, password=fresh).location == "/"


@pytest.mark.threat("B11")
def test_nobody_types_an_open_session_into_waiting(make_site: Make) -> None:
    site = make_site(**LONG)
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    hammer(site, f"signed in:{owner.id}")
    browser.get("/settings/password")
    fresh = "a password that nobody has used before"
    answer = browser.submit(
        having="current_password", current_password=site.world.password, password=fresh, password_again=fresh
    )
    assert answer.status == 303, (answer.status, answer.errors)
