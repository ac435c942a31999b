"""Messages of the release before stay as they were, and can be gone back to."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from extensions import db
from models import Message, MessageEvent
from services.delivery import life
from services.outbox import queue_mail, queue_sms
from services.unit_of_work import write
from tests.support.site import Site

ROWS = "SELECT public_id, channel, recipient, template, state, attempts, due_at, provider_id FROM messages ORDER BY id"


def test_messages_of_before_are_kept_as_they_were_and_calls_go_when_one_goes_back(site: Site) -> None:
    _, owner = site.world.acme()
    with site.context():
        with write():
            queue_mail("removed", to=owner.email, user=owner, account_name="Acme", by="Dana")
            queue_sms("two_factor_on", to="+447400123456", user=owner)
        with write() as session:
            sent = session.get_one(Message, 2)
            sent.state, sent.provider_id = "accepted", "aaaa-bbbb"
            session.add(Message(**_call(sent)))
        with write():
            life.note(2, "accepted")
        db.session.remove()
        downgrade(revision="0004")
        before = db.session.execute(text(ROWS)).all()
        assert [tuple(row)[1] for row in before] == ["mail", "sms"]
        db.session.remove()
        upgrade()
        assert db.session.execute(text(ROWS)).all() == before
        kept = db.session.get_one(Message, 2)
        assert (kept.country, kept.sent_at, kept.delivered_at, kept.price_micros) == (None, None, None, None)
        assert db.session.query(MessageEvent).count() == 0


def test_a_message_goes_by_text_call_or_mail_and_by_nothing_else(site: Site) -> None:
    _, owner = site.world.acme()
    with site.context():
        with write():
            message = queue_sms("two_factor_on", to="+447400123456", user=owner)
        assert message.country == "GB"
        with pytest.raises(IntegrityError), write() as session:
            session.add(Message(**_call(message) | {"channel": "pager"}))


def _call(like: Message) -> dict[str, object]:
    names = ("account_id", "user_id", "recipient", "template", "created_at", "due_at")
    return {"channel": "voice", "state": "queued", **{name: getattr(like, name) for name in names}}
