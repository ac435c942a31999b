"""Signed receipts: only Vonage's, only of now, each once, and never more than a message's state."""

import hashlib
import json
import uuid
from typing import Any

import jwt
import pytest
from sqlalchemy import func, select, update

from extensions import db
from models import Message, MessageState, WebhookReceipt
from services.clock import now
from services.unit_of_work import write
from tests.support.browser import Page
from tests.support.site import Site
from tests.worker.conftest import queue_texts

SECRET = "a signature secret of 32 bytes or more"
APPLICATION = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
PATHS = ["/webhooks/vonage/status", "/webhooks/vonage/voice"]


@pytest.fixture
def site(make_site: Any) -> Site:
    found: Site = make_site(
        VONAGE_SIGNATURE_SECRET=SECRET, VONAGE_APPLICATION_ID=APPLICATION, VONAGE_API_KEY="abcd1234"
    )
    return found


@pytest.fixture
def message_id(site: Site) -> str:
    """Public id of a text that the provider has accepted as "uuid-1"."""
    [public_id] = queue_texts(site, site.world.acme()[1], 1)
    change(site, state="accepted", provider_id="uuid-1")
    return public_id


def change(site: Site, **values: Any) -> None:
    with site.context(), write() as session:
        session.execute(update(Message).values(**values).execution_options(synchronize_session=False))


def event(message_id: str, status: str, **more: Any) -> bytes:
    return json.dumps(
        {
            "message_uuid": "uuid-1", "to": "447400123456", "from": "Acme", "timestamp": "2026-11-24T07:00:00Z",
            "status": status, "channel": "sms", "client_ref": message_id, **more,
        }
    ).encode()  # fmt: skip


def signed(body: bytes, *, secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    content = {
        "iat": int(now().timestamp()), "jti": str(uuid.uuid4()), "iss": "Vonage", "api_key": "abcd1234",
        "payload_hash": hashlib.sha256(body).hexdigest(), "application_id": APPLICATION, **claims,
    }  # fmt: skip
    return jwt.encode({k: v for k, v in content.items() if v is not None}, secret, algorithm=algorithm)


def post(site: Site, body: bytes, token: str | None, path: str = PATHS[0]) -> Page:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    client = site.app.test_client()
    return Page(client.post(path, data=body, headers=headers, content_type="application/json"), path)


def state(site: Site) -> tuple[str, str | None]:
    with site.context():
        found = db.session.execute(select(Message.state, Message.reason)).one()
        return found.state, found.reason


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


def forged(body: bytes) -> dict[str, str | None]:
    moment = int(now().timestamp())
    unsigned = jwt.encode(jwt.decode(signed(body), options={"verify_signature": False}), "", algorithm="none")
    return {
        "no token": None,
        "an empty token": "",
        "garbage": "a.b.c",
        "bearer twice": f"Bearer {signed(body)}",
        "another secret": signed(body, secret="x" * 40),
        "no algorithm": unsigned,
        "another algorithm": signed(body, algorithm="HS512", secret=SECRET * 2),
        "five minutes old": signed(body, iat=moment - 302),
        "a year old": signed(body, iat=moment - 365 * 86400),
        "from the future": signed(body, iat=moment + 310),
        "a time that is none": signed(body, iat=float("nan")),
        "expired": signed(body, exp=moment - 1),
        "another issuer": signed(body, iss="Vonnage"),
        "another application": signed(body, application_id="another"),
        "another account": signed(body, api_key="zzzz"),
        "an audience": signed(body, aud="somebody"),
        "another body": signed(body + b" "),
        "no hash": signed(body, payload_hash=None),
        "no jti": signed(body, jti=None),
        "an empty jti": signed(body, jti=""),
        "a jti without end": signed(body, jti="x" * 101),
        "no iat": signed(body, iat=None),
        "no application": signed(body, application_id=None),
    }  # fmt: skip


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


def test_a_voice_event_is_taken_and_noted_only(site: Site, message_id: str) -> None:
    body = b'{"status": "completed", "uuid": "call-1"}'
    token = signed(body)
    assert [post(site, body, token, PATHS[1]).status for _ in range(2)] == [200, 200]
    assert state(site) == ("accepted", None)


@pytest.mark.parametrize("path", PATHS)
def test_without_a_signature_secret_the_door_does_not_exist(make_site: Any, path: str) -> None:
    site = make_site()
    assert post(site, b"{}", signed(b"{}"), path).status == 404
