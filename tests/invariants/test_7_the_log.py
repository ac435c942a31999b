"""Invariant 7. What happened is on record, and the record cannot be changed without a trace."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from extensions import db
from models import AuditEvent
from services import audit
from services.audit import Event, record
from services.audit_events import DECLARED
from services.unit_of_work import write
from tests.support.estate import Estate, estate
from tests.support.exporting import download, fixed_export
from tests.support.site import Site

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def of(site: Site) -> Estate:
    return estate(site, "Borealis")


def recorded(site: Site) -> list[AuditEvent]:
    with site.context():
        found = list(db.session.scalars(db.select(AuditEvent).order_by(AuditEvent.id)))
        db.session.expunge_all()
        return found


def a_day(site: Site, of: Estate) -> None:
    """Wrong and right passwords and codes, a number, an export, a user, the way out, and support."""
    stranger = site.browser(user_agent="Curious/1.0")
    for email in (of.owner.email, "nobody@nowhere.example"):
        stranger.get("/login")
        stranger.submit(email=email, password="not the password at all")
    owner = site.browser(user_agent="Firefox/1.0")
    owner.get("/login")
    owner.submit(email=of.owner.email, password=site.world.password)
    owner.get("/login/code")
    code = site.code(of.owner.mobile_number)
    owner.submit(code=f"{(int(code) + 1) % 10**6:06}")
    owner.submit(code=code)
    path = fixed_export(owner)
    site.step_up(owner, f"{path}/download")
    assert b"contact-" in download(owner, path).data
    exporter = site.signed_in(of.exporter)
    exporter.get("/settings/users")
    site.signed_in(of.user).get("/contacts/export")
    owner.get("/password/forgot")
    owner.post("/password/forgot", {"email": of.user.email})
    owner.post("/settings/browsers/revoke-all")
    owner.post("/logout")
    site.deliver()


_EXPECTED = {
    Event.PASSWORD_WRONG, Event.CODE_SENT, Event.CODE_WRONG, Event.CODE_RIGHT, Event.BROWSER_TRUSTED,
    Event.SIGN_IN_COMPLETED, Event.EXPORT_FIXED, Event.EXPORT_DOWNLOADED, Event.EXPORT_REFUSED,
    Event.PASSWORD_RESET_ASKED, Event.EVERYTHING_REVOKED, Event.SIGNED_OUT,
}  # fmt: skip


@pytest.mark.asvs("16.2.1", "16.3.1", "16.3.2", "16.3.3")
@pytest.mark.threat("F11")
def test_every_security_event_is_recorded_with_who_what_when_where_and_outcome(
    site: Site, of: Estate
) -> None:
    a_day(site, of)
    events = recorded(site)
    assert {event.event for event in events} >= {event.value for event in _EXPECTED}
    for event in events:
        told = f"{event.number} {event.event}"
        assert event.at is not None, told
        assert event.address == "127.0.0.1", told
        assert event.outcome in {"success", "failure"}, told
        assert set(event.details) <= DECLARED[Event(event.event)].details, told
    nameless = [event for event in events if not event.actor_label and not event.subject_label]
    assert [(event.event, event.account_id) for event in nameless] == [(Event.PASSWORD_WRONG, None)]
    failed = {event.event for event in events if event.outcome == "failure"}
    assert failed == {Event.PASSWORD_WRONG, Event.CODE_WRONG, Event.EXPORT_REFUSED}
    assert [e.user_agent for e in events if e.event == Event.PASSWORD_WRONG] == ["Curious/1.0"] * 2
    with site.context():
        assert audit.verify() == []


@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize("statement", [
    "UPDATE audit_events SET outcome = 'success'",
    "UPDATE audit_events SET number = number + 1000",
    "DELETE FROM audit_events",
    "DELETE FROM audit_events WHERE id = (SELECT max(id) FROM audit_events)",
    "TRUNCATE audit_events",
    "TRUNCATE audit_events CASCADE",
    "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events",
    "REPLACE INTO audit_events SELECT * FROM audit_events",
])  # fmt: skip
def test_the_database_refuses_every_change_of_the_log(site: Site, of: Estate, statement: str) -> None:
    site.signed_in(of.owner)
    before = [(event.id, event.hash) for event in recorded(site)]
    with site.context(), pytest.raises(DBAPIError), write() as session:
        session.execute(text(statement))
    assert [(event.id, event.hash) for event in recorded(site)] == before
    with site.context():
        assert audit.verify() == []


def past_the_triggers(site: Site, *statements: str) -> None:
    """As somebody with the administrator's rights on the database, but without the key."""
    with site.context():
        connection = db.session.connection()
        if connection.dialect.name == "sqlite":
            names = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).scalars()
            for name in list(names):
                connection.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER USER"))
        for statement in statements:
            connection.execute(text(statement))


_SWAP = (
    "UPDATE audit_events SET number = -2 WHERE chain = '{chain}' AND number = 2",
    "UPDATE audit_events SET number = 2 WHERE chain = '{chain}' AND number = 3",
    "UPDATE audit_events SET number = 3 WHERE chain = '{chain}' AND number = -2",
)


@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize(("statements", "number"), [
    (["UPDATE audit_events SET outcome = 'failure' WHERE chain = '{chain}' AND number = 2"], 2),
    (["UPDATE audit_events SET actor_label = 'Mallory' WHERE chain = '{chain}' AND number = 1"], 1),
    (["UPDATE audit_events SET address = '203.0.113.9' WHERE chain = '{chain}' AND number = 3"], 3),
    (["UPDATE audit_events SET details = '{{}}' WHERE chain = '{chain}' AND number = 1"], 1),
    (["UPDATE audit_events SET user_agent = 'Other' WHERE chain = '{chain}' AND number = 2"], 2),
    (["DELETE FROM audit_events WHERE chain = '{chain}' AND number = 2"], 2),
    (["DELETE FROM audit_events WHERE chain = '{chain}' AND number = 1"], 1),
    (["DELETE FROM audit_events WHERE chain = '{chain}' AND number = 2",
      "UPDATE audit_events SET number = number - 1 WHERE chain = '{chain}' AND number = 3"], 2),
    (list(_SWAP), 2),
])  # fmt: skip
def test_a_row_that_was_edited_removed_or_moved_is_named(
    site: Site, of: Estate, statements: list[str], number: int
) -> None:
    site.signed_in(of.owner)
    past_the_triggers(site, *(statement.format(chain=of.account.public_id) for statement in statements))
    with site.context():
        found = audit.verify()
    assert [(one.chain, one.number) for one in found] == [(of.account.public_id, number)]


def test_rows_cut_off_the_end_are_missed(site: Site, of: Estate) -> None:
    site.signed_in(of.owner)
    last = max(event.number for event in recorded(site) if event.account_id == of.account.id)
    past_the_triggers(
        site,
        f"DELETE FROM audit_events WHERE number = {last} AND chain <> 'site'",  # noqa: S608  # a number of ours
    )
    with site.context():
        found = audit.verify(of.account.public_id)
    assert len(found) == 1
    assert found[0].number == last


def test_many_writers_keep_one_chain_and_checking_it_meanwhile_finds_no_break(site: Site, of: Estate) -> None:
    faults: list[Any] = []

    def write_some() -> None:
        try:
            with site.app.app_context():
                for _ in range(15):
                    with write():
                        record(Event.SIGNED_OUT, account=of.account, actor=of.owner)
                        record(Event.SUPPORT_LOOKED, account=None, actor=None)
        except Exception as exc:  # told to the test, which is in another thread
            faults.append(exc)

    writers = [threading.Thread(target=write_some) for _ in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        with site.context():
            faults += audit.verify()
    assert faults == []
    numbers = [event.number for event in recorded(site) if event.account_id == of.account.id]
    assert sorted(numbers) == list(range(1, 61))
    with site.context():
        assert audit.verify() == []


class Fault(Exception):
    """What goes wrong after an event was recorded."""


def _record_and_fail(of: Estate) -> None:
    with write():
        record(Event.SIGNED_OUT, account=of.account, actor=of.owner)
        raise Fault


def test_what_is_rolled_back_leaves_no_event_and_no_gap(site: Site, of: Estate) -> None:
    with site.context():
        with pytest.raises(Fault):
            _record_and_fail(of)
        with write():
            record(Event.SIGNED_OUT, account=of.account, actor=of.owner)
    assert [event.number for event in recorded(site)] == [1]


@pytest.mark.parametrize(
    ("event", "details"),
    [
        (Event.CODE_WRONG, {"purpose": "sign in", "attempt": "1"}),
        (Event.CODE_WRONG, {"purpose": "sign in", "attempt": True}),
        (Event.CODE_WRONG, {"purpose": None, "attempt": 1}),
        (Event.EXPORT_DOWNLOADED, {"verified": 1}),
        (Event.USER_CHANGED, {"changes": ["role"]}),
    ],
)
def test_a_detail_of_another_type_than_declared_is_refused(
    site: Site, of: Estate, event: Event, details: dict[str, Any]
) -> None:
    with site.context(), pytest.raises(TypeError, match="must be"), write():
        record(event, account=of.account, actor=of.owner, **details)
    assert recorded(site) == []


_SENTENCE_FIELDS = re.compile(r"\{(\w+)\}")


@pytest.mark.asvs("16.2.1")
@pytest.mark.threat("F11")
@pytest.mark.parametrize("event", list(Event))
def test_every_event_is_declared_told_in_a_sentence_of_its_details_and_recorded_somewhere(
    event: Event,
) -> None:
    declared = DECLARED[event]
    assert declared.kind
    assert set(_SENTENCE_FIELDS.findall(declared.sentence)) <= declared.details | {"actor", "subject"}
    assert set(declared.types.values()) <= {str, int, bool}
    places = [
        path for path in (ROOT / "services").rglob("*.py")
        if path.name != "audit_events.py" and f"Event.{event.name}" in path.read_text()
    ]  # fmt: skip
    assert places, f"nothing records {event}"


def test_an_event_with_undeclared_details_is_refused(site: Site, of: Estate) -> None:
    with site.context(), pytest.raises(ValueError, match="code"), write():
        record(Event.CODE_SENT, account=of.account, actor=of.owner, code="123456")
