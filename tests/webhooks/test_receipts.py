"""Signed receipts: only Vonage's, only of now, each once, and never more than a message's state."""

from typing import Any

import pytest
from sqlalchemy import func, select

from extensions import db
from models import Message, MessageState, WebhookReceipt
from services.clock import now
from tests.support.site import Site
from tests.webhooks.signing import PATHS, change, event, forged, post, signed, state


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("delivered", ("delivered", None)),
        ("submitted", ("accepted", None)),
        ("rejected", ("rejected", "receipt: code 1340")),
        ("undeliverable", ("rejected", "receipt: code 1340")),
        ("read", ("accepted", None)),
    ],
)
def test_a_signed_receipt_moves_the_message(
    site: Site, message_id: str, status: str, expected: tuple[str, str | None]
) -> None:
    body = event(message_id, status, error={"title": 1340} if expected[1] else None)
    page = post(site, body, signed(body))
    assert (page.status, page.data) == (200, b"")
    assert "Set-Cookie" not in page.headers
    assert state(site) == expected


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"title": "1260"}, "receipt: code 1260"),
        ({"title": 1260}, "receipt: code 1260"),
        (
            {"type": "https://developer.vonage.com/api-errors/messages#1260", "title": "Rejected"},
            "receipt: code 1260",
        ),
        ({"title": "+447400123456 is barred"}, "receipt: no reason given"),
        ("odd", "receipt: no reason given"),
        (None, "receipt: no reason given"),
    ],
)
def test_the_reason_is_the_providers_code_and_none_of_its_words(
    site: Site, message_id: str, error: Any, reason: str
) -> None:
    body = event(message_id, "rejected", error=error)
    post(site, body, signed(body))
    assert state(site) == ("rejected", reason)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.threat("G6")
def test_whatever_is_not_signed_as_it_must_be_is_refused_and_changes_nothing(
    site: Site, message_id: str, path: str
) -> None:
    body = event(message_id, "delivered")
    answers = {name: post(site, body, token, path).status for name, token in forged(body).items()}
    assert set(answers.values()) == {401}, answers
    assert state(site) == ("accepted", None)
    with site.context():
        assert db.session.scalar(select(func.count()).select_from(WebhookReceipt)) == 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.threat("G6")
def test_a_good_token_under_another_scheme_or_elsewhere_is_refused(
    site: Site, message_id: str, path: str
) -> None:
    body = event(message_id, "delivered")
    token = signed(body)
    client = site.app.test_client()
    for value in (
        token,
        f"Basic {token}",
        f"Token {token}",
        f"JWT {token}",
        f"Bearer{token}",
        f"Bearer: {token}",
    ):
        assert client.post(path, data=body, headers={"Authorization": value}).status_code == 401, value
    assert client.post(f"{path}?token={token}&access_token={token}&jwt={token}", data=body).status_code == 401
    client.set_cookie("Authorization", f"Bearer {token}")
    assert client.post(path, data=body).status_code == 401
    assert state(site) == ("accepted", None)


@pytest.mark.threat("G6")
def test_one_id_is_good_for_one_report_though_both_are_signed(site: Site, message_id: str) -> None:
    submitted, delivered = event(message_id, "submitted"), event(message_id, "delivered")
    assert post(site, submitted, signed(submitted, jti="the same")).status == 200
    assert post(site, delivered, signed(delivered, jti="the same")).status == 200
    assert state(site) == ("accepted", None)


@pytest.mark.parametrize("path", PATHS)
def test_a_report_that_is_too_long_is_not_even_read(site: Site, message_id: str, path: str) -> None:
    body = event(message_id, "delivered", more="x" * 70_000)
    assert post(site, body, signed(body), path).status == 413
    assert state(site) == ("accepted", None)


def test_a_clock_a_little_ahead_is_no_reason_to_refuse(site: Site, message_id: str) -> None:
    body = event(message_id, "delivered")
    assert post(site, body, signed(body, iat=int(now().timestamp()) + 30)).status == 200


def test_the_same_call_counts_once(site: Site, message_id: str) -> None:
    body = event(message_id, "delivered")
    token = signed(body)
    assert [post(site, body, token).status for _ in range(3)] == [200, 200, 200]
    change(site, state="accepted")
    post(site, body, token)
    assert state(site) == ("accepted", None)


def test_receipts_out_of_order_leave_what_is_final(site: Site, message_id: str) -> None:
    for status in ("delivered", "submitted", "rejected", "delivered"):
        body = event(message_id, status)
        assert post(site, body, signed(body)).status == 200
    assert state(site) == ("delivered", None)


@pytest.mark.parametrize(
    ("before", "after"),
    [("sending", "delivered"), ("unknown", "delivered"), ("queued", "queued"), ("expired", "expired")],
)
def test_a_receipt_can_come_before_our_own_send_has_returned(
    site: Site, message_id: str, before: str, after: str
) -> None:
    change(site, state=before, provider_id=None)
    body = event(message_id, "delivered")
    post(site, body, signed(body))
    assert state(site)[0] == after


def test_an_accepted_text_of_which_nobody_knew_is_known_again(site: Site, message_id: str) -> None:
    change(site, state="unknown", provider_id=None)
    body = event(message_id, "submitted")
    post(site, body, signed(body))
    assert state(site)[0] == MessageState.ACCEPTED


def test_a_receipt_without_our_reference_is_found_by_the_providers_id(site: Site, message_id: str) -> None:
    body = event(message_id, "delivered", client_ref=None)
    post(site, body, signed(body))
    assert state(site)[0] == MessageState.DELIVERED


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"\xff\xfe", b"{" * 5000, b'{"status": "delivered"}',
        b'{"status": ["delivered"], "message_uuid": "uuid-1"}',
        b'{"status": "delivered", "message_uuid": "uuid-9", "client_ref": "nobody"}',
        b'{"status": "delivered", "message_uuid": 1, "client_ref": {}}',
    ],
)  # fmt: skip
def test_a_signed_call_that_makes_no_sense_is_taken_and_changes_nothing(
    site: Site, message_id: str, body: bytes
) -> None:
    assert post(site, body, signed(body)).status == 200
    assert state(site) == ("accepted", None)


def test_a_receipt_of_another_message_under_our_reference_changes_nothing(
    site: Site, message_id: str
) -> None:
    body = event(message_id, "delivered", message_uuid="uuid-2")
    post(site, body, signed(body))
    assert state(site) == ("accepted", None)


@pytest.mark.threat("G6")
def test_a_receipt_lets_nobody_in(site: Site) -> None:
    """Delivered or not, the code alone opens the door."""
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get("/login")
    browser.submit(email=owner.email, password=site.world.password)
    site.deliver()
    with site.context():
        message = db.session.execute(select(Message.public_id, Message.provider_id)).one()
    body = event(message.public_id, "delivered", message_uuid=message.provider_id)
    assert post(site, body, signed(body)).status == 200
    assert state(site)[0] == MessageState.DELIVERED
    assert browser.get("/").location == "/login/code"


def test_a_call_that_nobody_made_is_taken_and_changes_nothing(site: Site, message_id: str) -> None:
    body = b'{"status": "completed", "uuid": "call-1"}'
    token = signed(body)
    assert [post(site, body, token, PATHS[1]).status for _ in range(2)] == [200, 200]
    assert state(site) == ("accepted", None)


@pytest.mark.parametrize("path", PATHS)
def test_without_a_signature_secret_the_door_does_not_exist(make_site: Any, path: str) -> None:
    site = make_site()
    assert post(site, b"{}", signed(b"{}"), path).status == 404
