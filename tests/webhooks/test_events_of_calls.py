"""Events of calls: the same door as for receipts, and the same states."""

import json
from typing import Any

import pytest

from models import Message
from tests.support.site import Site
from tests.webhooks.signing import PATHS, change, post, signed, the_message

UUID = "63f61863-4a51-4f6b-86e1-46edebcf9356"


@pytest.fixture
def call_id(site: Site, message_id: str) -> str:
    """Public id of a call that the provider makes as UUID."""
    change(site, channel="voice", provider_id=UUID)
    return message_id


def tell(site: Site, status: str, *, at: str = PATHS[1], **more: Any) -> Message:
    body = json.dumps(
        {
            "uuid": UUID, "conversation_uuid": f"CON-{UUID}", "status": status, "direction": "outbound",
            "from": "442079460000", "to": "447400123456", "timestamp": "2026-11-24T07:00:00.000Z", **more,
        }
    ).encode()  # fmt: skip
    assert post(site, body, signed(body), at).status == 200
    return the_message(site)


def test_events_of_a_call_move_it_whatever_their_order(site: Site, call_id: str) -> None:
    rows: list[tuple[str, str, str | None]] = [
        ("started", "accepted", None),
        ("started ringing", "accepted", None),
        ("started ringing answered", "delivered", None),
        ("started ringing answered human completed", "delivered", None),
        ("answered machine completed", "rejected", "machine"),
        ("machine completed answered ringing", "rejected", "machine"),
        ("ringing busy", "rejected", "busy"),
        ("ringing unanswered completed", "rejected", "unanswered"),
        ("ringing timeout", "rejected", "timeout"),
        ("rejected", "rejected", "rejected"),
        ("cancelled", "rejected", "cancelled"),
        ("answered unanswered failed", "delivered", None),
        ("transfer input record disconnected", "accepted", None),
    ]
    for events, state, error_code in rows:
        change(site, state="accepted", error_code=None, delivered_at=None)
        for status in events.split():
            call = tell(site, status)
        assert (call.state, call.error_code) == (state, error_code), events
        assert (call.delivered_at is not None) == (state == "delivered"), events


def test_why_a_call_failed_is_kept_in_one_word_of_ours(site: Site, call_id: str) -> None:
    details: list[tuple[Any, str]] = [
        ("invalid_number", "bad_number"), ("cannot_route", "no_route"), ("number_out_of_service", "no_service"),
        ("unavailable", "off"), ("+447400123456 is gone", "failed"), (["declined"], "failed"), (None, "failed"),
    ]  # fmt: skip
    for detail, word in details:
        change(site, state="accepted")
        call = tell(site, "failed", detail=detail)
        assert (call.state, call.error_code, call.reason) == ("rejected", word, f"receipt: {word}")


def test_a_call_that_ended_tells_what_it_cost(site: Site, call_id: str) -> None:
    tell(site, "answered")
    call = tell(site, "completed", price="0.02400000", rate="0.02400000", duration="20")
    assert (call.state, call.price_micros, call.currency) == ("delivered", 24_000, "EUR")


def test_an_event_can_come_before_our_own_call_has_returned_and_must_fit(site: Site, call_id: str) -> None:
    """The name stands in the address, which is not signed: alone it moves nothing."""
    rows = [
        (call_id, "447400123456", "sending", "accepted"),
        (call_id, "+447400123456", "unknown", "accepted"),
        (call_id, "447400123457", "sending", "sending"),
        (call_id, None, "sending", "sending"),
        ("another", "447400123456", "sending", "sending"),
        ("", "447400123456", "sending", "sending"),
        (call_id, "447400123456", "queued", "queued"),
    ]
    for named, to, before, after in rows:
        change(site, provider_id=None, state=before)
        assert tell(site, "ringing", at=f"{PATHS[1]}?call={named}", to=to).state == after, (named, to)


def test_a_name_in_the_address_does_not_beat_the_providers_id(site: Site, call_id: str) -> None:
    change(site, provider_id="another-call")
    assert tell(site, "busy", at=f"{PATHS[1]}?call={call_id}").state == "accepted"


def test_a_call_is_not_moved_by_a_texts_receipt_nor_a_text_by_an_event(site: Site, call_id: str) -> None:
    body = json.dumps({"message_uuid": UUID, "status": "rejected", "client_ref": call_id}).encode()
    assert post(site, body, signed(body)).status == 200
    change(site, channel="sms")
    assert tell(site, "busy").state == "accepted"
