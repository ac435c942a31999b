"""What is tried again, when, and what is not."""

from datetime import timedelta

import pytest

from models import User
from services import delivery
from services.clock import now
from services.delivery.retries import next_try
from tests.delivery.conftest import Clock, life_of, message, promise, states
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin


def send(site: Site) -> None:
    with site.context():
        delivery.send_due()


def test_a_text_that_was_taken_tells_by_whom_with_what_above_it_and_when(
    vonage_site: Site, owner: User, clock: Clock
) -> None:
    [text] = promise(vonage_site, owner)
    clock.shift(3)
    send(vonage_site)
    found = message(vonage_site, text)
    assert (found.state, found.gateway, found.sender, found.attempts) == ("accepted", "vonage", "Acme", 1)
    assert found.sent_at == found.accepted_at == found.settled_at == now()
    assert found.lease_until is None
    assert found.provider_id
    assert life_of(vonage_site, text) == ["taken", "accepted"]


def test_a_refusal_keeps_the_providers_code(vonage_site: Site, vonage: VonageStandin, owner: User) -> None:
    vonage.answer_with("422#1170")
    [text] = promise(vonage_site, owner)
    send(vonage_site)
    found = message(vonage_site, text)
    assert (found.state, found.error_code, found.accepted_at) == ("rejected", "1170", None)
    assert found.sent_at is None
    assert life_of(vonage_site, text) == ["taken", "refused"]


def test_too_many_is_tried_again_when_it_was_asked_for_and_twice_at_most(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock
) -> None:
    vonage.default = "429:4"
    [text] = promise(vonage_site, owner)
    send(vonage_site)
    clock.shift(3.9)
    send(vonage_site)
    assert len(vonage.requests) == 1
    for _ in range(5):
        clock.shift(5.3)
        send(vonage_site)
    assert len(vonage.requests) == 3
    assert states(vonage_site) == ["rejected"]
    assert life_of(vonage_site, text) == ["taken", "retry", "taken", "retry", "taken", "refused"]


@pytest.mark.parametrize("behaviour", ["500", "503:1", "close", "reset", "html", "half"])
def test_what_may_have_been_taken_is_never_sent_again(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock, behaviour: str
) -> None:
    vonage.answer_with(behaviour)
    [text] = promise(vonage_site, owner)
    for _ in range(4):
        send(vonage_site)
        clock.shift(120)
    assert len(vonage.requests) == 1
    assert states(vonage_site) == ["unknown"]
    assert life_of(vonage_site, text) == ["taken", "unknown"]


def test_a_text_is_not_tried_again_past_the_life_of_its_code(clock: Clock) -> None:
    soon = now() + timedelta(seconds=10)
    assert next_try("sms", 1, soon, after=8) is None or next_try("sms", 1, soon, after=7) is not None
    assert next_try("sms", 1, soon, after=10) is None
    assert next_try("sms", 1, None, after=3600) is not None
    assert next_try("sms", 3, None) is None


def test_waits_grow_and_are_never_the_same_for_all(clock: Clock) -> None:
    first = {next_try("sms", 1, None) for _ in range(20)}
    second = {next_try("sms", 2, None) for _ in range(20)}
    assert len(first) > 10
    assert max(due for due in first if due) < min(due for due in second if due)
