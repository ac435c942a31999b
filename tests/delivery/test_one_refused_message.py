"""A message that the provider refuses as if it refused us, while it takes all others, holds up nobody for long."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from extensions import db
from models import Message, User
from models.audit import AuditEvent
from models.provider import Circuit
from services import delivery
from services.clock import now
from services.delivery import circuits, claiming
from services.outbox import queue_sms
from services.unit_of_work import changed, write
from tests.delivery.conftest import OPERATOR, Clock, life_of, message, promise, states
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin

BAD = "+447400999999"


def send(site: Site, times: int = 1) -> None:
    with site.context():
        for _ in range(times):
            delivery.send_due()


@pytest.fixture
def bad(vonage_site: Site, vonage: VonageStandin, owner: User) -> int:
    """A text without an end, to a number for which the provider says 403."""
    vonage.numbers[BAD.removeprefix("+")] = "403"
    with vonage_site.context(), write():
        return queue_sms("two_factor_on", to=BAD, user=owner).id


def stops(site: Site) -> int:
    with site.context():
        found = select(func.count()).where(AuditEvent.event == "sending:stopped")
        return db.session.scalars(found).one()


def test_it_is_tried_twice_and_the_others_go(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock, bad: int
) -> None:
    good: list[int] = []
    for _ in range(12):
        good += promise(vonage_site, owner)
        send(vonage_site, times=2)
        clock.shift(50)
    assert message(vonage_site, bad).state == "rejected"
    assert message(vonage_site, bad).reason == "only this message: HTTP 403"
    assert [event for event in life_of(vonage_site, bad) if event != "taken"] == ["held", "refused"]
    assert {message(vonage_site, text).state for text in good} == {"accepted"}
    assert (len(vonage.requests), stops(vonage_site)) == (2 + len(good), 1)
    assert len(vonage_site.mails(OPERATOR)) == 2


def test_a_probe_that_failed_is_followed_by_one_with_another_message(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock, bad: int
) -> None:
    send(vonage_site)
    clock.shift(37)
    with vonage_site.context(), write():  # however long the others have to wait by their times
        other = queue_sms("two_factor_on", to="+447400123456", user=owner)
        other.due_at = now()
        other_id = other.id
        assert other.due_at > db.session.get_one(Message, bad).due_at
    with vonage_site.context():
        assert not delivery.deliver(bad)
        [probe] = claiming.take("sms", 10).taken
        assert (probe.message.id, probe.probe) == (other_id, True)


def test_alone_it_still_tries_the_provider_out(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock, bad: int
) -> None:
    send(vonage_site, times=2)
    clock.shift(37)
    vonage.numbers.clear()
    send(vonage_site)
    assert states(vonage_site) == ["accepted"]


def test_what_was_held_because_we_were_refused_goes_again_however_often_the_probe_fails(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock
) -> None:
    vonage.answer_with("402", "402", "402", "402")
    promise(vonage_site, owner, 2)
    send(vonage_site)
    for _ in range(5):
        clock.shift(400)
        send(vonage_site)
    assert states(vonage_site) == ["accepted", "accepted"]
    assert stops(vonage_site) == 1


def test_mails_about_it_go_once_an_hour_and_the_log_has_all(
    vonage_site: Site, owner: User, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def turn(*, on: bool) -> None:
        with vonage_site.context():
            with write():
                if on:
                    circuits.close("vonage")
                else:
                    circuits.refused("vonage", "HTTP 403", probe=True)
            delivery.send_due()

    for _ in range(6):
        turn(on=False)
        clock.shift(60)
        turn(on=True)
        clock.shift(60)
    assert len(vonage_site.mails(OPERATOR)) == 2
    assert stops(vonage_site) == 6
    of_them = [record for record in caplog.records if record.name == "countersign.sending"]
    assert [record.levelno for record in of_them] == [logging.ERROR, logging.WARNING] * 6

    turn(on=False)
    assert len(vonage_site.mails(OPERATOR)) == 2
    clock.shift(4500)  # it is still so when the hour is over
    for _ in range(2):
        with vonage_site.context(), write():
            changed(db.update(Circuit).values(state="probing"))
        turn(on=False)
    assert len(vonage_site.mails(OPERATOR)) == 3
    turn(on=True)
    assert len(vonage_site.mails(OPERATOR)) == 4


def test_a_clock_that_was_set_back_leaves_no_provider_unused(
    vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock
) -> None:
    clock.shift(86_400)
    with vonage_site.context(), write():
        circuits.refused("vonage", "HTTP 402", probe=False)
    clock.shift(timedelta(days=-1))
    promise(vonage_site, owner)
    send(vonage_site)
    assert states(vonage_site) == ["accepted"]
