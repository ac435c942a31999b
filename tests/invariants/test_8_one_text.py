"""Invariant 8, close up: one text, one page, one grant while something beside them breaks."""

from collections.abc import Callable

import pytest

from services.gateways import Accepted, Answer, Refused, Unknown
from tests.invariants.flows import half_signed_in
from tests.support.estate import estate
from tests.support.faults import ACCEPTED, newest_text, provider
from tests.support.site import Site

Clock = Callable[..., None]

pytestmark = [pytest.mark.threat("A8"), pytest.mark.asvs("16.5.2", "16.5.3")]


def test_a_text_that_waited_longer_than_its_code_lives_is_not_sent(
    site: Site, time_machine_at: Clock
) -> None:
    half_signed_in(site)
    time_machine_at(seconds=601)
    with provider(site, ACCEPTED) as taken:
        site.deliver()
    assert taken.given == []


@pytest.mark.parametrize(("answer", "words"), [
    (Refused("no such number", kind="number"), "could not be sent"),
    (Refused("no credit", kind="account"), "We cannot send text messages at the moment"),
    (Unknown("no answer"), "may not have arrived"),
])  # fmt: skip
def test_the_page_tells_what_became_of_the_text(site: Site, answer: Answer, words: str) -> None:
    step = half_signed_in(site)
    with provider(site, answer):
        site.deliver()
    assert words in step.browser.get(step.place).words


def test_a_gateway_that_raises_loses_no_message_and_opens_no_door(site: Site, time_machine_at: Clock) -> None:
    step = half_signed_in(site)
    with provider(site, None):
        site.deliver()
    assert step.browser.get("/contacts").location == "/login/code"
    time_machine_at(seconds=61)  # whether it was sent, nobody knows
    with provider(site, ACCEPTED) as taken:
        site.deliver()
    assert taken.given == []
    assert "may not have arrived" in step.browser.get("/login/code").words


@pytest.mark.parametrize("name", ["", "<script>", "\x00", "9" * 5000])
def test_a_text_that_was_taken_under_an_impossible_name_is_taken_all_the_same(site: Site, name: str) -> None:
    half_signed_in(site)
    with provider(site, Accepted(name)):
        site.deliver()
    text = newest_text(site)
    assert text is not None
    assert (text.state, text.provider_id) == ("accepted", None)


def test_a_clock_set_back_or_forward_ends_what_a_code_allowed(site: Site, time_machine_at: Clock) -> None:
    of = estate(site, "Borealis")
    browser = site.signed_in(of.owner)
    site.step_up(browser, "/settings/activity.csv")
    for hours in (-1, 2):  # cookies and grants from the future are not believed
        time_machine_at(hours=hours)
        assert browser.get("/settings/activity.csv").location.startswith(("/step-up", "/login"))
