"""A provider that refuses us as a customer: sending stops, one message at a time tries it out, and all is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from extensions import db
from models import User
from models.audit import AuditEvent
from models.provider import Circuit
from services import delivery
from services.clock import now
from services.delivery import circuits, claiming, leftovers
from services.unit_of_work import write
from tests.delivery.conftest import OPERATOR, Clock, life_of, message, promise, states
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin


def send(site: Site) -> int:
    with site.context():
        return delivery.send_due()


def stop_texts(site: Site, vonage: VonageStandin, user: User, behaviour: str = "402") -> list[int]:
    """Two texts, of which the first is refused because of us."""
    vonage.answer_with(behaviour)
    ids = promise(site, user, 2)
    send(site)
    send(site)  # the mail that tells of it
    assert len(vonage.requests) == 1
    return ids


@pytest.mark.parametrize("behaviour", ["401", "402", "403", "422#1070"])
def test_after_the_first_refusal_nothing_more_is_sent_and_nothing_is_lost(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock, behaviour: str
) -> None:
    first, second = stop_texts(vonage_site, vonage, owner, behaviour)
    assert states(vonage_site) == ["queued", "queued"]
    send(vonage_site)
    assert len(vonage.requests) == 1
    assert life_of(vonage_site, first) == ["taken", "held"]
    assert life_of(vonage_site, second) == ["held"]
    assert message(vonage_site, first).attempts == 0
    with vonage_site.context():
        assert circuits.stopped()
        assert circuits.is_open("vonage")


def test_the_operator_is_told_once_when_it_stops_and_once_when_it_goes_on(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock
) -> None:
    stop_texts(vonage_site, vonage, owner)
    vonage.answer_with("402", "202")
    for _ in range(4):
        clock.shift(100)
        send(vonage_site)
    clock.shift(60)
    assert states(vonage_site) == ["accepted", "accepted"]
    told = [mail["subject"] for mail in vonage_site.mails(OPERATOR)]
    assert told == [
        "Nothing is sent by vonage any more: it refuses us", "Messages are sent by vonage again",
    ]  # fmt: skip
    with vonage_site.context():
        told_to_log = select(AuditEvent.event).where(AuditEvent.event.like("sending:%"))
        assert list(db.session.scalars(told_to_log.order_by(AuditEvent.id))) == [
            "sending:stopped",
            "sending:again",
        ]


def test_one_text_tries_it_out_and_when_it_is_taken_the_others_follow(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock
) -> None:
    stop_texts(vonage_site, vonage, owner)
    promise(vonage_site, owner, 3)
    vonage.answer_with("402")
    clock.shift(37)
    send(vonage_site)
    assert len(vonage.requests) == 2
    clock.shift(37)
    send(vonage_site)
    assert len(vonage.requests) == 2, "the wait grows"
    clock.shift(37)
    send(vonage_site)
    assert len(vonage.requests) == 2 + 5
    assert set(states(vonage_site)) == {"accepted"}
    with vonage_site.context():
        assert not circuits.stopped()


def test_of_several_workers_one_has_the_probe_and_a_dead_one_does_not_keep_it(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock
) -> None:
    stop_texts(vonage_site, vonage, owner)
    clock.shift(37)
    with vonage_site.context():
        assert [taken.probe for taken in claiming.take("sms", 10).taken] == [True]
        assert claiming.take("sms", 10).taken == ()
        clock.shift(circuits.PROBE_LIMIT + 1)  # and nothing was heard of it
        assert [taken.probe for taken in claiming.take("sms", 10).taken] == [True]


def test_with_nothing_to_send_the_probe_is_kept_for_the_next_text(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock
) -> None:
    with vonage_site.context(), write():
        circuits.refused("vonage", "HTTP 402", probe=False)
    assert send(vonage_site) == 1  # the mail that tells of it
    clock.shift(37)
    assert send(vonage_site) == 0
    promise(vonage_site, owner)
    assert send(vonage_site) == 1
    assert states(vonage_site) == ["accepted"]


@pytest.mark.parametrize("behaviour", ["429", "500", "close"])
def test_an_answer_that_says_nothing_of_us_keeps_it_open(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock, behaviour: str
) -> None:
    stop_texts(vonage_site, vonage, owner)
    vonage.answer_with(behaviour)
    clock.shift(37)
    send(vonage_site)
    assert len(vonage.requests) == 2
    with vonage_site.context():
        assert circuits.stopped()
        assert db.session.scalars(select(Circuit.failures)).one() == 0


def test_a_text_whose_time_is_over_while_it_waits_is_given_up_with_its_reason(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock
) -> None:
    vonage.answer_with("402")
    first, second = promise(vonage_site, owner, 2, expires_at=now() + timedelta(seconds=20))
    send(vonage_site)
    clock.shift(21)
    send(vonage_site)
    assert states(vonage_site) == ["expired", "expired"]
    assert message(vonage_site, second).reason == leftovers.WAITED_IN_VAIN
    assert life_of(vonage_site, first)[-1] == "expired"
    assert len(vonage.requests) == 1


def test_a_site_whose_texts_are_stopped_is_ready_and_says_degraded(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock
) -> None:
    stop_texts(vonage_site, vonage, owner)
    clock.shift(45)  # longer than a text waits where a worker is there
    here = vonage_site.browser().get("/readyz")
    assert (here.status, here.response.json) == (
        200,
        {
            "ready": True, "degraded": True,
            "faults": ["vonage: refuses us, nothing is sent by it (HTTP 402)"],
        },
    )  # fmt: skip
    elsewhere = vonage_site.browser(x_forwarded_for="203.0.113.9").get("/readyz")
    assert (elsewhere.status, elsewhere.response.json) == (200, {"ready": True, "degraded": True})
