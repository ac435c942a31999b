"""Downloading an export: the file, its headers, and what stands on record afterwards."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update
from sqlalchemy.exc import OperationalError

from extensions import db
from models import (
    Account,
    AuditEvent,
    Contact,
    ContactList,
    DataField,
    Export,
    ExportDownload,
    Job,
    ListMembership,
    User,
)
from services import sessions
from services.clock import now
from services.csv_guard import guard
from services.exports import downloads, fixing, pulse
from services.exports.places import Places
from services.sessions import SignedIn
from services.unit_of_work import write
from tests.support.exporting import STREAMED, download, fixed_export, listed_contacts, rows_of
from tests.support.site import Site

GOLDEN = (
    '"Email","Mobile","OptInType","EmailType","Status","FIRSTNAME","LASTNAME","FULLNAME","GENDER","POSTCODE",'
    '"ODD_FIELD","DateCreated","LastUpdated"\r\n'
    '"ana@example.org","+447400123456","Unknown","Html","Subscribed","Ana ""A"" Núñez","\'=cmd|x","","","","-5.2",'
    '"2026-01-02T03:04:05Z","2026-01-02T03:04:05.12Z"\r\n'
    '"\'=ben@example.org","\'+44 (0)1","Double","PlainText","Suppressed",'
    '"two\nlines, \r\n and more","\'\'=old","大輔","","",'
    '"\'＝x","2026-01-02T03:04:05.000001Z","2026-11-24T00:00:00Z"\r\n'
).replace('"=cmd|x"', '"\'=cmd|x"')


def awkward_contacts(account: Account) -> None:
    """Two contacts with everything in them that a CSV can trip over."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    with write() as session:
        session.add(DataField(account_id=account.id, name="ODD_FIELD", position=6))
        session.add(
            Contact(
                account_id=account.id, email="ana@example.org", mobile="+447400123456",
                data={"FIRSTNAME": 'Ana "A" Núñez', "LASTNAME": "=cmd|x", "ODD_FIELD": "-5.2"},
                created_at=moment, updated_at=moment.replace(microsecond=120_000),
            )
        )  # fmt: skip
        session.flush()
        session.add(
            Contact(
                account_id=account.id, email="=ben@example.org", mobile="+44 (0)1", opt_in_type="Double",
                email_type="PlainText", status="Suppressed",
                data={
                    "FIRSTNAME": "two\nlines, \r\n and more", "LASTNAME": "'=old", "FULLNAME": "大輔",
                    "ODD_FIELD": "＝x",
                },
                created_at=moment.replace(microsecond=1), updated_at=datetime(2026, 11, 24, tzinfo=UTC),
            )
        )  # fmt: skip


@pytest.mark.parametrize("how", ["streamed", "spooled"])
def test_the_file_is_the_same_byte_for_byte_on_either_database(site: Site, how: str) -> None:
    account, owner = site.world.acme(two_factor=False)
    with site.context():
        awkward_contacts(account)
    browser = site.signed_in(owner)
    answer = download(browser, fixed_export(browser), **(STREAMED if how == "streamed" else {}))
    assert answer.data.decode() == GOLDEN
    assert ("Content-Length" in answer.headers) == (how == "spooled")


@pytest.mark.parametrize("count", [24, 200])
def test_many_data_fields_come_out_like_few(site: Site, count: int) -> None:
    account, owner = site.world.acme(two_factor=False)
    texts = ["=1", "", 'a "quoted"\n" \\ word', "大輔", "-5", "two\r\nlines,", "-5e3"]
    data = {f"F{n}": texts[n % 7] for n in range(count) if n % 7 != 1}
    with site.context(), write() as session:
        session.add_all(DataField(account_id=account.id, name=f"F{n}", position=n) for n in range(count))
        session.add(
            Contact(
                account_id=account.id, email="a@example.org", data=data, created_at=now(), updated_at=now()
            )
        )
    browser = site.signed_in(owner)
    chosen = [f"F{n}" for n in range(count)]
    [row] = rows_of(download(browser, fixed_export(browser)).data)
    assert [row[name] for name in chosen] == [guard(data.get(name, "")) for name in chosen]
    assert (row["Email"], row["DateCreated"][-1]) == ("a@example.org", "Z")
    # And without any other column beside them.
    alone = rows_of(download(browser, fixed_export(browser, columns=chosen)).data)
    assert alone == [{name: row[name] for name in chosen}]


def test_an_export_without_contacts_has_its_header(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    address = fixed_export(browser, columns=["Email", "Status"])
    assert download(browser, address, **STREAMED).data == b'"Email","Status"\r\n'


def test_without_two_factor_it_comes_without_a_code_and_is_recorded_all_the_same(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3, list_name="Newsletter")
    browser = site.signed_in(owner)
    address = fixed_export(browser)
    answer = download(browser, address, **STREAMED)
    assert [row["FIRSTNAME"] for row in rows_of(answer.data)] == ["Name 1", "Name 2", "Name 3"]
    digest = hashlib.sha256(answer.data).hexdigest()
    assert digest in browser.get(address).text
    with site.context():
        export = db.session.scalars(select(Export)).one()
        assert (export.state, export.rows, export.bytes, export.sha256) == (
            "complete",
            3,
            len(answer.data),
            digest,
        )
        told = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "export:downloaded")).one()
        assert told.actor_id == owner.id
        assert told.details == {
            "rows": 3,
            "list": "All contacts",
            "state": "complete",
            "export": export.public_id,
            "sha256": digest,
            "verified": False,
        }
    assert "downloaded 3 contacts" in site.mails(owner.email)[-1]["text"]


@pytest.mark.asvs("5.4.2", "14.2.2", "14.3.2")
def test_the_headers_keep_the_file_out_of_caches_and_name_it_safely(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    listed = listed_contacts(site, account, 1, 'Gäste "VIP"\\ ../x')
    browser = site.signed_in(owner)
    headers = download(browser, fixed_export(browser, list=listed)).headers
    assert headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    day = now().strftime("%Y-%m-%d")
    assert headers["Content-Disposition"] == (
        f'attachment; filename="contacts-g-ste-vip-x-{day}.csv"; '
        f"filename*=UTF-8''contacts%20G%C3%A4ste%20%22VIP%22%5C%20..%2Fx%20{day}.csv"
    )


def test_list_status_and_columns_narrow_it(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 2)
    site.world.contacts(site.world.account("Other"), 1)
    chosen = _list_with(site, account, ["Subscribed", "Unsubscribed", "Subscribed"])
    browser = site.signed_in(owner)
    address = fixed_export(browser, list=chosen, status="Subscribed", columns=["Status", "Email"])
    data = download(browser, address).data
    assert data == (
        b'"Email","Status"\r\n"listed-0@example.org","Subscribed"\r\n"listed-2@example.org","Subscribed"\r\n'
    )


def _list_with(site: Site, account: Account, statuses: list[str]) -> str:
    with site.context(), write() as session:
        chosen = ContactList(account_id=account.id, name="Chosen", created_at=now())
        people = [
            Contact(
                account_id=account.id,
                email=f"listed-{n}@example.org",
                status=status,
                created_at=now(),
                updated_at=now(),
            )
            for n, status in enumerate(statuses)
        ]
        session.add_all([chosen, *people])
        session.flush()
        session.add_all(
            ListMembership(
                account_id=account.id, list_id=chosen.id, contact_id=person.id, status=person.status
            )
            for person in people
        )
        return chosen.public_id


def test_head_changes_nothing_and_sends_no_rows(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3)
    browser = site.signed_in(owner)
    address = fixed_export(browser)
    answer = browser.head(f"{address}/download")
    assert (answer.status, answer.data) == (200, b"")
    with site.context():
        assert db.session.scalars(select(Export)).one().downloads == 0
        assert db.session.scalars(select(ExportDownload)).all() == []
    assert not [mail for mail in site.mails(owner.email) if "exported" in mail["subject"]]


def test_an_expired_export_is_gone(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3)
    browser = site.signed_in(owner)
    address = fixed_export(browser)
    with site.context(), write() as session:
        session.execute(update(Export).values(expires_at=now() - timedelta(seconds=1)))
    answer = download(browser, address)
    assert answer.status == 410
    assert answer.heading == "This export has expired"
    assert "has expired" in browser.get(address).text


def test_an_export_of_a_removed_list_is_gone_and_never_everybody(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3)
    chosen = _list_with(site, account, ["Subscribed"])
    browser = site.signed_in(owner)
    address = fixed_export(browser, list=chosen)
    browser.get(f"/contacts/lists/{chosen}")
    assert browser.submit(form="/remove").status == 303
    assert download(browser, address).status == 410


@pytest.mark.asvs("15.2.2")
def test_a_fourth_download_at_once_waits_its_turn(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3)
    browser = site.signed_in(owner)
    address = fixed_export(browser)
    with site.context(), write() as session:
        export = session.scalars(select(Export)).one()
        session.add_all(
            ExportDownload(
                account_id=account.id, export_id=export.id, user_id=owner.id, started_at=now(),
                alive_until=now() + timedelta(minutes=1),
            )
            for _ in range(downloads.AT_ONCE)
        )  # fmt: skip
    answer = download(browser, address)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "30")
    assert answer.heading == "Other downloads are running"
    assert "At most 3 downloads of an account run at once." in answer.text
    with site.context(), write() as session:
        session.execute(update(ExportDownload).values(alive_until=now()))
    assert download(browser, address).status == 200


def test_where_the_whole_site_downloads_nobody_is_told_that_their_account_does(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    address = fixed_export(browser)
    monkeypatch.setattr(downloads, "_places", Places(1))
    place = downloads._places.take(0)
    answer = download(browser, address)
    place.leave()
    assert (answer.status, answer.headers["Retry-After"]) == (429, "30")
    assert "As many people as the site can serve at once are downloading." in answer.text
    assert download(browser, address).status == 200


def test_a_reader_who_leaves_early_is_recorded_as_partial(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3000)
    with site.context():
        stream = _started(site, *_an_export(account, owner))
        sent = next(stream)
        stream.close()
        stream.close()
    with site.context():
        row = db.session.scalars(select(Export)).one()
        assert row.state == "partial"
        assert 0 < (row.rows or 0) < 3000
        assert (row.bytes, row.sha256) == (len(sent), hashlib.sha256(sent).hexdigest())
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "export:downloaded")).all()
        assert [(told.outcome, told.details["state"]) for told in events] == [("failure", "partial")]
    assert "before the file was complete" in site.mails(owner.email)[-1]["text"]


def test_a_download_whose_process_died_is_closed_and_counted_in_full(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 5)
    with site.context():
        # Nobody ever reads or closes it: the process is gone.
        _started(site, *_an_export(account, owner)).place.leave()
    with site.context(), write() as session:
        session.execute(update(ExportDownload).values(alive_until=now() - timedelta(seconds=1)))
        session.execute(update(Job).values(due_at=now()))
    site.deliver()
    with site.context():
        row = db.session.scalars(select(Export)).one()
        assert (row.state, row.rows) == ("partial", 5)
        assert db.session.scalars(select(ExportDownload)).one().finished_at is not None
    assert "downloaded 5 contacts" in site.mails(owner.email)[-1]["text"]


def _an_export(account: Account, user: User) -> tuple[Export, SignedIn]:
    """An export of all contacts, and the session of who asked for it."""
    export = fixing.fix(fixing.Selection(account), ["Email"], user)
    me = sessions.load(sessions.start(user, second_step="code").token)
    assert me is not None
    return export, me


def _started(site: Site, export: Export, me: SignedIn, *, spooled: bool = False) -> downloads.Download:
    return downloads.start(
        export, me, wording="export 1 contact", context=site.app.app_context, spooled=spooled
    )


def test_a_download_that_cannot_be_spooled_gives_its_place_back(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    folder = site.settings.instance_path / "spool"
    folder.write_text("a file where the folder should be")
    with site.context():
        export, me = _an_export(account, owner)
        for _ in range(downloads.AT_ONCE_HERE + 1):
            with pytest.raises(FileExistsError):
                _started(site, export, me, spooled=True)
        folder.unlink()
        assert _sent(_started(site, export, me, spooled=True)) == b'"Email"\r\n'
        assert db.session.scalar(select(Export.state)) == "complete"


def test_a_database_that_fails_while_a_file_is_spooled_takes_no_place_for_ever(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 1)
    monkeypatch.setattr(pulse, "_BEAT_SECONDS", -1.0)  # tells at every piece that it lives
    with site.context():
        export, me = _an_export(account, owner)
        with _no_beat(db.engine):
            for _ in range(downloads.AT_ONCE_HERE + 1):
                with pytest.raises(downloads.ExportUnavailable):
                    _started(site, export, me, spooled=True)
        assert _sent(_started(site, export, me, spooled=True)).count(b"@example.org") == 1


def _sent(stream: downloads.Download) -> bytes:
    try:
        return b"".join(stream)
    finally:
        stream.close()


@contextmanager
def _no_beat(engine: Engine) -> Iterator[None]:
    """The database fails whenever a download tells that it lives, and at nothing else."""

    def fail(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE export_downloads SET alive_until"):
            raise OperationalError(statement, {}, Exception("gone"))

    event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", fail)


def test_a_reader_who_stalled_and_comes_back_is_recorded_and_told_once(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3000)
    with site.context():
        stream = _started(site, *_an_export(account, owner))
        next(stream)
        with site.context(), write() as session:  # no sign of life for minutes
            session.execute(update(ExportDownload).values(alive_until=now() - timedelta(seconds=1)))
            session.execute(update(Job).values(due_at=now()))
        site.deliver()
        _sent(stream)
    with site.context():
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "export:downloaded")).all()
        assert [told.details["state"] for told in events] == ["partial"]
        assert db.session.scalars(select(ExportDownload.state)).all() == ["partial"]
        assert db.session.scalars(select(Export.state)).all() == ["partial"]
    assert len([mail for mail in site.mails(owner.email) if "exported" in mail["subject"]]) == 1
