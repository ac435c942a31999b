"""`flask messages` and `flask send-test-sms`: what became of a text, in plain words and without anybody's number."""

import re

import pytest
from sqlalchemy import select, update

from extensions import db
from models import AuditEvent, Message, User
from services.unit_of_work import write
from tests.commands.conftest import Run
from tests.support.site import Site

NUMBER = "+447400123456"


def newest(site: Site) -> Message:
    with site.context():
        found = db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
        db.session.expunge_all()
        return found


def change(site: Site, **values: object) -> None:
    with site.context(), write() as session:
        session.execute(update(Message).values(**values).execution_options(synchronize_session=False))


@pytest.fixture
def owner(site: Site) -> User:
    """Somebody to whom a code was texted."""
    _, owner = site.world.acme()
    site.half_signed_in(owner)
    site.deliver()
    return owner


@pytest.mark.parametrize("by", ["public_id", "provider_id"])
def test_the_life_of_a_message_is_told_by_its_own_id_and_by_the_providers(
    site: Site, run: Run, owner: User, by: str
) -> None:
    change(site, error_code="1240", state="rejected", price_micros=34_000, currency="EUR", sender="Acme")
    message = newest(site)
    ran = run("messages", "show", getattr(message, by))
    assert ran.exit_code == 0, ran.output
    for words in (
        message.public_id, "rejected", "1240: the person answered STOP before", "outbox as Acme", "0.0340 EUR", "(GB)",
        f"request     {message.request_id}", "taken", "accepted",
    ):  # fmt: skip
        assert words in ran.output, words
    assert str(owner.mobile_number) not in ran.output
    assert owner.mobile_number[1:] not in ran.output.replace(" ", "")
    assert site.code(owner.mobile_number) not in ran.output


def test_an_unknown_message_is_told_and_status_1(run: Run) -> None:
    ran = run("messages", "show", "nothing")
    assert ran.exit_code == 1
    assert "There is no message 'nothing'" in ran.output


def test_messages_are_listed_newest_first_by_fate_and_by_request(site: Site, run: Run, owner: User) -> None:
    assert run("messages", "list", "--failed").output == "There is none.\n"
    message = newest(site)
    assert message.request_id
    for arguments in (["--last", "1"], ["--request", message.request_id]):
        [line] = run("messages", "list", *arguments).output.splitlines()
        assert message.public_id in line
        assert "accepted" in line
        assert owner.mobile_number[1:] not in line.replace(" ", "")


def test_a_mail_is_shown_by_its_domain_only(site: Site, run: Run, owner: User) -> None:
    change(site, channel="mail", recipient=owner.email)
    told = run("messages", "show", newest(site).public_id).output
    assert f"•••@{owner.email.partition('@')[2]}" in told
    assert owner.email not in told


def test_a_test_text_goes_the_way_of_all_texts_and_is_recorded(site: Site, run: Run) -> None:
    ran = run("send-test-sms", "07400 123456", "--operator", "Olga")
    assert ran.exit_code == 0, ran.output
    assert "Accepted by outbox" in ran.output
    assert "no phone gets it" in ran.output
    [text] = site.texts(NUMBER)
    assert text["text"].startswith("This is a test of Engagement Cloud")
    public_id = re.search(r"Message (\S+)\.", ran.output)[1]
    assert newest(site).public_id == public_id
    with site.context():
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "sms:trial")).one()
        assert event.actor_label == "command line: Olga"
        assert "7400123456" not in str(event.details)
    assert "7400123456" not in ran.output.replace(" ", "").replace("07400123456", "")


@pytest.mark.parametrize("number", ["020 7946 0000", "12", "+44 7400 12345678901"])
def test_a_number_that_no_text_goes_to_gets_none(site: Site, run: Run, number: str) -> None:
    ran = run("send-test-sms", number, "--operator", "Olga")
    assert ran.exit_code == 1
    assert number in ran.output
    with site.context():
        assert db.session.scalars(select(Message)).all() == []
