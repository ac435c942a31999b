"""From a text that Vonage refuses to a call that speaks its code, over the real SDK."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from services import limits
from services.delivery import circuits
from tests.codes.test_calls import CALL, offered, waiting
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin


@pytest.fixture
def site(make_site: Callable[..., Site], vonage: VonageStandin, pkcs8: str, tmp_path: Path) -> Site:
    key = tmp_path / "vonage.pem"
    key.write_text(pkcs8)
    return make_site(
        SMS_GATEWAY="vonage", VONAGE_APPLICATION_ID="78d335fa-323d-0114-9c3d-d6f0d48968cf", VONAGE_SENDER="Acme",
        VONAGE_PRIVATE_KEY=str(key), VONAGE_API_HOST=vonage.host, VONAGE_VOICE_NUMBER="+442079460000",
    )  # fmt: skip


def test_a_phone_that_takes_no_texts_hears_the_code(site: Site, vonage: VonageStandin) -> None:
    vonage.answer_with("422#1190", "201")
    browser = waiting(site, site.world.acme()[1])
    assert offered(page := browser.get("/login/code"))
    assert "This number cannot receive texts" in page.words
    assert browser.submit(form=CALL).location == "/login/code"
    site.deliver()
    text, call = vonage.requests
    assert call.path == "/v1/calls"
    said = re.sub(r"<[^>]*>", "", call.body["ncco"][0]["text"])
    found = re.search(r"((?:\d, ){5}\d)\.", said)
    assert found is not None
    assert found[1].replace(", ", "") == text.body["text"][:6]
    assert "Calling your phone…" in browser.get("/login/code").words


def test_a_key_that_may_not_call_stops_calls_and_no_texts(
    site: Site, vonage: VonageStandin, time_machine_at: Callable[..., None]
) -> None:
    vonage.answer_with("422#1190", "403", "202")
    browser = waiting(site, site.world.acme()[1])
    browser.submit(form=CALL)
    site.deliver()
    with site.context():
        assert (circuits.is_open("vonage-voice"), circuits.stopped()) == (True, False)
    page = browser.get("/login/code")
    assert "We cannot call at the moment We know about it." in page.words
    assert not offered(page)
    time_machine_at(seconds=25)
    refused = browser.submit(form=CALL)
    assert (refused.status, "We cannot call at the moment" in " ".join(refused.errors)) == (422, True)
    with site.context():
        assert limits.used("calls_site")[0] == 1
    other = waiting(site, site.world.acme()[1])
    assert "Sent It can take a minute" in other.get("/login/code").words


def test_the_next_call_tries_the_provider_once_it_is_time_and_opens_the_way_again(
    site: Site, vonage: VonageStandin, time_machine_at: Callable[..., None]
) -> None:
    """Where nobody may ask for a call while nothing is called, nothing would ever be called again."""
    vonage.answer_with("422#1190", "403", "422#1190", "201")
    browser = waiting(site, site.world.acme()[1])
    browser.submit(form=CALL)
    site.deliver()
    time_machine_at(minutes=11)  # the refused call died with its code
    later = waiting(site, site.world.acme()[1])
    assert offered(later.get("/login/code"))
    assert later.submit(form=CALL).status == 303
    site.deliver()
    with site.context():
        assert not circuits.is_open("vonage-voice")
