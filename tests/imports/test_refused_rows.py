"""Rows that an import refused are contacts in bulk: they leave by the rules of an export, or not at all."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from extensions import db
from models import AuditEvent, ContactImport, RefusedRow, User
from services import purge
from services.clock import now
from services.imports import run
from services.unit_of_work import write
from tests.support.browser import Browser
from tests.support.importing import run_import, upload
from tests.support.site import Site

ROWS = "Email,Note\n" + "".join(f"nobody-{n},x\n" for n in range(40))


@pytest.fixture
def browser(site: Site) -> Browser:
    _, owner = site.world.acme(two_factor=False)
    return site.signed_in(owner)


def test_only_who_brought_the_file_sees_refused_rows_and_twenty_five_of_them(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    page = f"/contacts/imports/{run_import(site, browser, ROWS).public_id}"
    assert browser.get(page).text.count("<code>nobody-") == 25
    assert "The first 25 of 40" in browser.last.words
    others = site.signed_in(site.world.user(account, can_export=True)).get(page)
    assert others.status == 200
    assert "nobody-" not in others.text
    assert "40 rows refused" in others.words


@pytest.mark.threat("X6")
def test_refused_rows_are_downloaded_with_the_right_to_export_only(site: Site) -> None:
    account, _ = site.world.acme(two_factor=False)
    user = site.world.user(account)
    browser = site.signed_in(user)
    page = f"/contacts/imports/{run_import(site, browser, ROWS).public_id}"
    assert f"{page}/refused.csv" not in browser.get(page).text
    answer = browser.get(f"{page}/refused.csv")
    assert (answer.status, "nobody-" in answer.text) == (403, False)
    with site.context():
        told = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "export:refused")).one()
        assert told.actor_id == user.id
    with site.context(), write() as session:
        session.execute(update(User).where(User.id == user.id).values(can_export=True))
    assert f"{page}/refused.csv" in browser.get(page).text
    assert browser.get(f"{page}/refused.csv").text.count("nobody-") == 80  # in the row, and in the reason


def test_a_download_of_refused_rows_is_on_record_and_told_to_the_owner(site: Site) -> None:
    account, owner = site.world.acme()
    user = site.world.user(account, can_export=True)
    browser = site.signed_in(user)
    found = run_import(site, browser, ROWS, name="spring.csv")
    path = f"/contacts/imports/{found.public_id}/refused.csv"
    site.step_up(browser, path)
    assert browser.head(path).data == b""
    with site.context():
        recorded = select(AuditEvent).where(AuditEvent.event == "export:downloaded")
        assert db.session.scalars(recorded).all() == []
    answer = browser.get(path)
    with site.context():
        told = db.session.scalars(recorded).one()
        assert told.actor_id == user.id
        assert told.details == {
            "rows": 40, "list": "refused rows of spring.csv", "state": "complete", "export": found.public_id,
            "sha256": hashlib.sha256(answer.data).hexdigest(), "verified": True,
        }  # fmt: skip
    assert answer.headers["Content-Length"] == str(len(answer.data))
    [mail] = [mail for mail in site.mails(owner.email) if "exported" in mail["subject"]]
    assert "downloaded 40 contacts (refused rows of spring.csv)" in mail["text"]


def test_refused_rows_are_not_downloaded_while_more_can_come(site: Site, browser: Browser) -> None:
    found = run_import(site, browser, ROWS)
    with site.context(), write() as session:
        session.execute(update(ContactImport).values(finished_at=None, state="running"))
    page = f"/contacts/imports/{found.public_id}"
    assert f"{page}/refused.csv" not in browser.get(page).text
    assert browser.get(f"{page}/refused.csv").status == 404


def test_refused_rows_are_kept_for_thirty_days(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    found = run_import(site, site.signed_in(owner), ROWS)
    counted = select(func.count()).select_from(RefusedRow)
    for days, left in ((29, 40), (31, 0)):
        with time_machine.travel(now() + timedelta(days=days)), site.context():
            assert purge.purge_expired()["Refused rows"] == 40 - left
            assert db.session.scalar(counted) == left
    browser = site.signed_in(owner)
    page = browser.get(f"/contacts/imports/{found.public_id}")
    assert "kept for 30 days" in page.words
    assert f"/contacts/imports/{found.public_id}/refused.csv" not in page.text
    assert browser.get(f"/contacts/imports/{found.public_id}/refused.csv").status == 404


def test_imports_have_a_limit_for_each_account(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_IMPORTS_ACCOUNT="2/day")
    account, owner = site.world.acme(two_factor=False)
    browser, colleague = site.signed_in(owner), site.signed_in(site.world.user(account))
    assert [upload(who, "Email\na@example.org\n").status for who in (browser, colleague)] == [303, 303]
    answer = upload(browser, "Email\nb@example.org\n")
    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 86400 * 5 // 4
    with site.context():
        assert db.session.scalar(select(func.count()).select_from(ContactImport)) == 2
    assert len(list((site.settings.instance_path / "storage" / "imports").iterdir())) == 2


def test_an_import_ends_once_whoever_ends_it(site: Site, browser: Browser) -> None:
    upload(browser, "Email\na@example.org\n")
    with site.context():
        found = db.session.scalars(select(ContactImport)).one()  # as a slow worker read it long ago
        site.deliver()
        run._end(found, "failed", "too late")
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "import:finished")).all()
        assert [told.outcome for told in events] == ["success"]
        assert db.session.scalars(select(ContactImport.state)).all() == ["done"]


def test_a_refused_row_is_kept_letter_for_letter(site: Site, browser: Browser) -> None:
    raws = ['nobody,"a\tb\\c\\N"', 'nobody,"two\nlines"', "\\.,\\t", 'nobody,"žluť ☂"']
    found = run_import(site, browser, "\n".join(["Email,Note", *raws]) + "\n")
    with site.context():
        kept = db.session.execute(select(RefusedRow.line, RefusedRow.raw).order_by(RefusedRow.line)).all()
    assert [tuple(row) for row in kept] == list(zip([2, 3, 5, 6], raws, strict=True))
    assert found.refused == 4
