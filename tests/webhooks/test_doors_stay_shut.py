"""Whatever is reported of a text or a call, true or forged: nobody is signed in or out by it, and no code changes."""

import json

import pytest
from sqlalchemy import select

from extensions import db
from models import Message
from tests.support.browser import Browser
from tests.support.rows import changes, snapshot
from tests.support.site import Site
from tests.webhooks.signing import PATHS, change, event, forged, post, signed

#: What a receipt may write.
_ITS_OWN = {"messages", "+message_events", "+webhook_receipts"}
TEXTS = ("submitted", "delivered", "rejected", "undeliverable")
CALLS = ("started", "ringing", "answered", "human", "machine", "completed", "busy", "failed", "unanswered")


def half_signed_in(site: Site) -> tuple[Browser, Browser]:
    """One browser that waits for its code, and one of the same person that is in already."""
    _, owner = site.world.acme()
    inside, waiting = site.signed_in(owner), site.browser()
    waiting.get("/login")
    assert waiting.submit(email=owner.email, password=site.world.password).location == "/login/code"
    site.deliver()
    return inside, waiting


def newest(site: Site) -> Message:
    with site.context():
        found = db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
        db.session.expunge(found)
        return found


@pytest.mark.threat("G6")
@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_true_reports_write_of_the_message_and_of_nothing_else(site: Site, channel: str) -> None:
    inside, waiting = half_signed_in(site)
    code = site.code()
    change(site, channel=channel)
    message = newest(site)
    for status in TEXTS if channel == "sms" else CALLS:
        change(site, state="accepted")
        before = snapshot(site)
        body = (
            event(message.public_id, status, message_uuid=message.provider_id)
            if channel == "sms"
            else json.dumps({"uuid": message.provider_id, "status": status}).encode()
        )
        assert post(site, body, signed(body), PATHS[channel == "voice"]).status == 200
        written = {name.partition(".")[0] for name in changes(before, snapshot(site))}
        assert written - _ITS_OWN == set(), status
        assert "+message_events" in written, status
    assert inside.get("/contacts").status == 200
    assert waiting.get("/contacts").location == "/login/code"
    waiting.get("/login/code")
    assert waiting.submit(code=code).location == "/", "the code still works, whatever was said of its text"


@pytest.mark.threat("G6")
def test_forged_reports_write_nothing_at_all(site: Site) -> None:
    half_signed_in(site)
    message = newest(site)
    body = event(message.public_id, "delivered", message_uuid=message.provider_id, uuid=message.provider_id)
    before = snapshot(site)
    for path in PATHS:
        for name, token in forged(body).items():
            assert post(site, body, token, f"{path}?call={message.public_id}").status == 401, name
    assert changes(before, snapshot(site)) == set()


@pytest.mark.threat("G6")
def test_a_replay_counts_once_at_both_doors_together(site: Site, message_id: str) -> None:
    """What was signed for one address is not taken at the other, nor twice at its own."""
    change(site, channel="voice")
    body = json.dumps({"uuid": "uuid-1", "message_uuid": "uuid-1", "status": "answered"}).encode()
    token = signed(body)
    assert post(site, body, token, PATHS[0]).status == 200
    before = snapshot(site)
    for path in PATHS * 3:
        assert post(site, body, token, path).status == 200
    assert changes(before, snapshot(site)) == set()
