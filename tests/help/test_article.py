"""The help article, for who is signed in and for who is not."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from blueprints.help import pictures
from services.language import LANGUAGES
from tests.support.site import Site

PATH = "/help/two-factor-authentication"


def test_anyone_can_read_it(site: Site) -> None:
    page = site.browser().get(PATH)
    assert page.status == 200
    assert page.heading == "Two-factor authentication"


@pytest.mark.parametrize("who", ["owner", "user", "support"])
def test_signed_in_people_read_it_inside_the_site(site: Site, who: str) -> None:
    account, owner = site.world.acme()
    person = {"owner": owner, "user": site.world.user(account), "support": site.world.support()}[who]
    page = site.signed_in(person).get(PATH)
    assert page.status == 200
    assert "Sign out" in page.words
    assert ("Go to Security" in page.words) == (who == "owner")


@pytest.mark.parametrize(
    "words",
    [
        "sign in from a browser or device that they have not used before",
        "export contact data",
        "Only the account owner can",
        "in the bottom left corner",
        "Account settings",
        "near the foot of the page",
        "Save settings",
        "a valid mobile number for every user of the account",
        "30 days",
        "10 minutes",
        "Nobody in the account can turn it off",
        "Nobody of our support will ever ask for your authentication code",
    ],
)
def test_it_says_how_it_is(site: Site, words: str) -> None:
    assert words in site.browser().get(PATH).words


def test_it_speaks_of_this_sites_settings(make_site: Callable[..., Site]) -> None:
    site = make_site(
        TRUSTED_BROWSER_DAYS="7", CODE_LIFETIME="300", BRAND_NAME="Mail House", SUPPORT_DISABLE_DELAY="86400"
    )
    words = site.browser().get(PATH).words
    for expected in (
        "for 7 days",
        "for 5 minutes",
        "Mail House also asks",
        "takes 1 day, in which the owner can stop it",
    ):
        assert expected in words, expected


def test_every_link_to_a_place_on_the_page_leads_somewhere(site: Site) -> None:
    html = site.browser().get(PATH).html
    places = [str(a["href"])[1:] for a in html.select('main a[href^="#"]')]
    assert len(places) >= 8
    for place in places:
        assert html.find(id=place) is not None, place


def test_every_link_out_of_it_can_be_followed(site: Site) -> None:
    browser = site.browser()
    links = {str(a["href"]) for a in browser.get(PATH).html.select("main a[href]")}
    for link in links:
        if not link.startswith("#"):
            assert re.match(r"/[a-z]", link), link
            assert browser.get(link).status == 200, link


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_pictures_are_small_and_keep_their_room_before_they_come(site: Site, language: str) -> None:
    browser = site.browser(accept_language=language)
    images = browser.get(PATH).html.select("main img")
    assert len(images) == len(pictures.NAMES)
    for image in images:
        assert image["loading"] == "lazy"
        assert len(str(image["alt"])) > 20
        answer = browser.get(str(image["src"]))
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "image/webp"
        assert f".{language}." in str(image["src"])
        assert len(answer.data) < 40_000
        answer.response.close()
        file = (
            Path(site.app.static_folder or "") / str(image["src"]).partition("/static/")[2].partition("?")[0]
        )
        shown = (float(str(image["width"])), float(str(image["height"])))
        for pixels, room in zip(pictures.size(file), shown, strict=True):
            assert abs(pixels / pictures.FINENESS - room) < 1
