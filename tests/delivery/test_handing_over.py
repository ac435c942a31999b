"""Between being taken and being settled: what a message holds meanwhile, and when no gateway is asked for it."""

from datetime import timedelta
from typing import Any

import pytest

from extensions import db
from models import User
from services import delivery
from services.clock import now
from services.delivery import claiming
from services.delivery.sending import transmit
from services.delivery.settling import settle
from tests.delivery.conftest import Clock, message, promise
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin


def test_no_connection_to_the_database_is_held_while_the_provider_is_waited_for(
    vonage_site: Site, vonage: VonageStandin, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    def counting(method: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            held.append(db.engine.pool.checkedout())  # type: ignore[attr-defined]
            return method(*args, **options)

        return call

    gateway = vonage_site.app.extensions["gateways"].sms
    monkeypatch.setattr(gateway, "send", counting(gateway.send))
    promise(vonage_site, owner)
    with vonage_site.context():
        delivery.send_due()
    assert held == [0]


@pytest.mark.parametrize(("late", "state"), [(61, "queued"), (6, "expired")])
def test_what_comes_too_late_to_a_hand_is_not_sent(
    late: int, state: str, vonage_site: Site, vonage: VonageStandin, owner: User, clock: Clock
) -> None:
    life = timedelta(seconds=5) if state == "expired" else None
    [text] = promise(vonage_site, owner, expires_at=life and now() + life)
    with vonage_site.context():
        [taken] = claiming.take("sms", 1).taken
        clock.shift(late)
        settle([transmit(taken)])
    assert message(vonage_site, text).state == state
    assert vonage.requests == []
