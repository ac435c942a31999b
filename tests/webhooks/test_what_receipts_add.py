"""What is known of a text after its receipts: times, the provider's code, what it cost, and its life."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from extensions import db
from models import Message
from models.message import MessageEvent, MessageState
from services import delivery
from services.clock import now
from tests.support.site import Site
from tests.webhooks.signing import change, event, post, signed, state, the_message


def tell(site: Site, body: bytes) -> Message:
    """Post it, signed; the message as it is then."""
    assert post(site, body, signed(body)).status == 200
    return the_message(site)


def stamp(seconds_ago: float) -> str:
    return (now() - timedelta(seconds=seconds_ago)).isoformat()


def test_the_time_of_a_delivery_is_the_receipts_own(site: Site, message_id: str) -> None:
    sent = now() - timedelta(seconds=30)
    change(site, sent_at=sent, created_at=sent)
    told = stamp(12)
    message = tell(site, event(message_id, "delivered", timestamp=told))
    assert message.delivered_at is not None
    assert message.delivered_at.isoformat() == told
    assert message.accepted_at == message.delivered_at


def test_a_time_that_cannot_be_is_now(site: Site, message_id: str) -> None:
    odd: list[Any] = ["", "yesterday", 17, None, "2026-01-01T07:00:00Z", "9999-12-31T23:59:59-23:00"]
    for told in [*odd, "0001-01-01T00:00:00+23:00", stamp(-60)]:
        change(site, sent_at=now(), state="accepted")
        message = tell(site, event(message_id, "delivered", timestamp=told))
        assert message.delivered_at is not None
        assert abs(now() - message.delivered_at) < timedelta(seconds=30), told


def test_a_provider_whose_clock_counts_whole_seconds_does_not_deliver_before_we_send(
    site: Site, message_id: str
) -> None:
    sent = now()
    change(site, sent_at=sent)
    message = tell(site, event(message_id, "delivered", timestamp=(sent - timedelta(seconds=1)).isoformat()))
    assert message.delivered_at == sent


def test_the_first_news_of_a_text_is_when_it_was_taken(site: Site, message_id: str) -> None:
    change(site, state="unknown", provider_id=None, sent_at=now())
    taken = tell(site, event(message_id, "submitted", timestamp=stamp(0))).accepted_at
    assert taken is not None
    assert tell(site, event(message_id, "delivered")).accepted_at == taken


@pytest.mark.parametrize(
    ("code", "becomes"),
    [("1190", MessageState.REJECTED), (1360, MessageState.EXPIRED), ("7", MessageState.REJECTED)],
)
def test_the_providers_code_is_kept(site: Site, message_id: str, code: Any, becomes: MessageState) -> None:
    message = tell(site, event(message_id, "rejected", error={"title": code}))
    assert (message.state, message.error_code) == (becomes, str(code))
    assert message.delivered_at is None


def test_a_price_that_comes_after_the_end_still_counts_and_only_once(site: Site, message_id: str) -> None:
    tell(site, event(message_id, "delivered"))
    tell(site, event(message_id, "submitted", usage={"price": "0.05", "currency": "EUR"}))
    message = tell(site, event(message_id, "delivered", usage={"price": "9", "currency": "USD"}))
    assert (message.state, message.price_micros, message.currency) == ("delivered", 50_000, "EUR")


def test_the_life_of_a_message_tells_of_every_receipt_and_of_no_number(site: Site, message_id: str) -> None:
    for told in (
        event(message_id, "delivered"),
        event(message_id, "rejected", error={"title": "1190", "detail": "+447400123456 is gone"}),
    ):
        tell(site, told)
    with site.context():
        steps = db.session.execute(
            select(MessageEvent.event, MessageEvent.detail)
            .where(MessageEvent.event == "receipt")
            .order_by(MessageEvent.id)
        ).all()
    assert [tuple(step) for step in steps] == [
        ("receipt", "delivered"),
        ("receipt", "rejected 1190 (no_texts): nothing new"),
    ]


@pytest.mark.parametrize("told", ["delivered", "rejected", "submitted"])
def test_what_a_receipt_says_is_not_undone_by_the_worker_that_still_sends(
    site: Site, message_id: str, told: str
) -> None:
    """The gateway answers only after the receipt is here: the worker then settles a row that is no longer its own."""
    change(site, state="queued", provider_id=None, attempts=0)

    class TellsFirst:
        name, idempotent = "outbox", True

        def send(self, sms: Any) -> Any:
            from services.gateways import Unknown

            post(site, body := event(message_id, told), signed(body))
            return Unknown("no usable answer (ReadTimeout)")

    site.app.extensions["gateways"]._sms_roads = (TellsFirst(),)
    with site.context():
        delivery.send_due()
    assert state(site)[0] == {"submitted": "accepted"}.get(told, told)
