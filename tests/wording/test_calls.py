"""What a called person hears."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from services.gateways.vonage_voice import LONGEST_TALK
from services.wording import voice
from tests.support.site import Site

CHALLENGE: Any = SimpleNamespace(
    public_id="c", purpose="login", destination="+447400123456", nonce=b"0123456789abcdef", id=1
)


def words(site: Site, **params: str) -> str:
    with site.context():
        return voice.render("code", params, CHALLENGE)


def heard(marked: str) -> str:
    """As the voice reads it; raises where the marks are no XML."""
    text = "".join(ElementTree.fromstring(f"<speak>{marked}</speak>").itertext())  # noqa: S314  # our own
    return " ".join(text.split())


def test_a_call_says_who_calls_for_what_and_the_digits_one_by_one(site: Site) -> None:
    told = heard(words(site))
    assert re.fullmatch(
        r"Hello\. This is Engagement Cloud\. Your authentication code to sign in is: "
        r"(\d, ){5}\d\. Never tell it to anyone\.",
        told,
    )


@pytest.mark.asvs("1.2.1")
def test_no_name_becomes_a_mark_and_none_makes_a_call_too_long(make_site: Callable[..., Site]) -> None:
    site = make_site(BRAND_NAME='A&B <break time="9s"/> "C"')
    CHALLENGE.purpose = "step_up:users.add"
    try:
        marked = words(site, wording="add <audio src='x'/>\x07" + "é&" * 400)
    finally:
        CHALLENGE.purpose = "login"
    assert 'This is A&B <break time="9s"/> "C". Your' in heard(marked)
    assert "add <audio src='x'/>é&é&" in heard(marked)
    assert len(f"<speak>{marked}</speak>") <= LONGEST_TALK
