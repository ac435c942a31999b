"""The limiter that all workers share."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from extensions import db
from models import User
from models.provider import SendSlot
from services import delivery
from services.clock import now
from services.delivery import slots
from services.unit_of_work import write
from tests.delivery.conftest import promise, states
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin


@pytest.fixture
def limited(make_site: Callable[..., Site], vonage_settings: dict[str, str]) -> Site:
    return make_site(**{**vonage_settings, "VONAGE_RATE": "10", "VONAGE_VOICE_RATE": "2"})


def wait_for(site: Site, gateway: str = "vonage", count: int = 1) -> list[float]:
    """Seconds until each of ``count`` slots."""
    with site.context():
        return [slot - time.monotonic() for slot in slots.reserve(gateway, count)]


def test_slots_are_a_tenth_of_a_second_apart_whoever_asks(limited: Site) -> None:
    found: list[float] = []

    def ask() -> None:
        with limited.context():
            for _ in range(3):
                found.extend(slots.reserve("vonage", 2))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 24
    # None was handed out twice: the last is that many tenths after the first, whatever asking took.
    assert max(found) - min(found) > 22 * 0.1 - 0.05


def test_a_text_on_an_idle_site_waits_for_nothing(limited: Site) -> None:
    with time_machine.travel(now(), tick=False):
        assert max(wait_for(limited)) <= 0
        assert 0 < wait_for(limited)[0] <= 0.1


def test_calls_have_slots_of_their_own_and_the_outbox_needs_none(limited: Site) -> None:
    with time_machine.travel(now(), tick=False):
        assert max(wait_for(limited, count=30)) > 2.5
        assert wait_for(limited, "vonage-voice")[0] <= 0
        assert 0.4 < wait_for(limited, "vonage-voice")[0] <= 0.5
        assert max(wait_for(limited, "outbox", 50)) <= 0


def test_too_many_holds_everybody_back_for_as_long_as_it_says_but_not_for_ever(
    limited: Site, vonage: VonageStandin
) -> None:
    owner = limited.world.acme()[1]
    with time_machine.travel(now(), tick=False):
        vonage.answer_with("429:2")
        promise(limited, owner)
        with limited.context():
            delivery.send_due()
        assert 1.5 < wait_for(limited)[0] <= 2.1
        with limited.context(), write():
            slots.push("vonage", 86_400)
        assert wait_for(limited)[0] <= slots.LONGEST_PUSH


def test_a_clock_that_was_set_back_does_not_stop_texts(limited: Site) -> None:
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        wait_for(limited, count=5)
    with time_machine.travel(now(), tick=False):
        assert wait_for(limited)[0] <= 0
        assert 0 < wait_for(limited)[0] <= 0.1


def test_without_anything_due_no_slot_is_taken(limited: Site) -> None:
    with limited.context():
        assert delivery.send_due() == 0
        assert db.session.scalars(select(SendSlot.name)).all() == []


def test_texts_leave_no_faster_than_the_provider_allows(limited: Site, vonage: VonageStandin) -> None:
    user: User = limited.world.acme()[1]
    promise(limited, user, 6)
    with limited.context():
        assert delivery.send_due() == 6
    assert states(limited) == ["accepted"] * 6
    # From the second on: before the first one there was a connection to make.
    assert vonage.requests[-1].at - vonage.requests[1].at > 0.3
