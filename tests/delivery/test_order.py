"""What goes first, and by which road that goes again which a dead worker had."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from extensions import db
from models import Message, MessageState
from services import delivery, links
from services.clock import now
from services.delivery import circuits, claiming
from services.delivery.leftovers import BACK_AGAIN
from services.gateways.outbox import OutboxSmsGateway
from services.outbox import queue_mail, queue_sms
from services.unit_of_work import changed, write
from tests.delivery.conftest import NUMBER, message
from tests.support.site import Site


def test_codes_go_before_a_tenants_many_notices(site: Site) -> None:
    account, owner = site.world.acme()
    with site.context(), write():
        for _ in range(40):
            queue_sms("two_factor_on", to=NUMBER, user=owner)
    site.half_signed_in(owner)  # promises a code, after all of them
    with site.context():
        [first] = claiming.take("sms", 1).taken
        assert (first.message.template, first.message.id) == ("code", 41)
        assert delivery.due_ids(2) == [1, 2]


def test_mails_with_a_link_go_before_those_that_merely_tell(site: Site) -> None:
    _, owner = site.world.acme()
    with site.context():
        with write():
            for _ in range(3):
                queue_mail("removed", to=owner.email, user=owner, account_name="Acme", by="Dana")
            link = links.create(owner, links.PASSWORD_RESET, lifetime=600)
            waited_for = queue_mail("reset", to=owner.email, user=owner, link=link).id
        taken = claiming.take("mail", 3).taken
    assert [one.message.id for one in taken] == [waited_for, 1, 2]


@pytest.fixture
def two_roads(site: Site, tmp_path: Path) -> list[str]:
    """Two gateways that can tell whether they have sent a text."""
    first, second = (_outbox(tmp_path / f"{name}.jsonl", name) for name in ("first", "second"))
    site.app.extensions["gateways"]._sms_roads = (first, second)
    return ["first", "second"]


def _outbox(path: Path, name: str) -> Any:
    gateway = OutboxSmsGateway(path, "Acme")
    gateway.name = name  # type: ignore[misc]
    return gateway


@pytest.fixture
def left_by_a_dead_worker(site: Site, two_roads: list[str]) -> int:
    """It may have sent this text by the first road."""
    _, owner = site.world.acme()
    with site.context():
        with write():
            text = queue_sms("two_factor_on", to=NUMBER, user=owner).id
        [taken] = claiming.take("sms", 1).taken
        assert taken.road.name == "first"
        with write():
            changed(update(Message).values(lease_until=now() - timedelta(seconds=1)))
    return text


def test_what_a_dead_worker_had_goes_again_by_the_gateway_that_had_it(
    site: Site, left_by_a_dead_worker: int
) -> None:
    with site.context():
        delivery.send_due()
    assert message(site, left_by_a_dead_worker).state == MessageState.ACCEPTED
    assert message(site, left_by_a_dead_worker).gateway == "first"


def test_and_waits_for_it_while_it_is_not_used(site: Site, left_by_a_dead_worker: int) -> None:
    with site.context():
        with write():
            circuits.refused("first", "HTTP 402", probe=False)
        delivery.send_due()
        found = db.session.execute(select(Message.state, Message.reason, Message.gateway)).first()
        assert found == (MessageState.QUEUED, BACK_AGAIN, "first")
        with write():
            circuits.close("first")
        delivery.send_due()
    assert message(site, left_by_a_dead_worker).gateway == "first"
