"""The page on which an export is made, and the list of past ones."""

from typing import Any

import pytest
from sqlalchemy import select

from extensions import db
from models import AuditEvent, Export
from services.exports import fixing
from tests.support.exporting import download, fixed_export, listed_contacts
from tests.support.site import Site


def test_the_page_tells_how_many_rows_it_will_hold(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    listed = listed_contacts(site, account, 3)
    site.world.contacts(site.world.account("Other"), 4)
    browser = site.signed_in(owner)
    assert "holds 3 contacts" in browser.get(f"/contacts/export?list={listed}").words
    again = browser.submit(having="columns", preview="1", status="Suppressed")
    assert again.status == 200
    assert "holds 0 contacts" in again.words
    assert again.value("status") == "Suppressed"


def test_columns_are_ticked_all_or_none_without_scripts_and_the_size_is_told_before(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    listed = listed_contacts(site, account, 60)
    browser = site.signed_in(owner)
    page = browser.get("/contacts/export")
    assert "It can be downloaded for 30 days, by you alone." in page.words
    none = browser.submit(having="columns", list=listed, tick="none")
    assert (none.status, none.html.select("[name=columns][checked]")) == (200, [])
    assert none.value("list") == listed
    assert "about" not in none.words
    every = browser.submit(having="columns", tick="all")
    boxes = every.html.select("[name=columns]")
    assert len(every.html.select("[name=columns][checked]")) == len(boxes) > 10
    told = every.words.partition("The file will have about ")[2].split()
    address = fixed_export(browser, list=listed, columns=[str(box["value"]) for box in boxes])
    assert float(told[0]) * 1000 == pytest.approx(len(download(browser, address).data), rel=0.1)
    assert told[1] == "kB."


def test_without_a_column_it_is_refused_and_the_rest_is_kept(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    listed = listed_contacts(site, account, 3)
    browser = site.signed_in(owner)
    for columns in (None, ["Password"], ["'; DROP TABLE contacts"]):
        browser.get("/contacts/export")
        answer = browser.submit(having="columns", list=listed, columns=columns)
        assert answer.status == 422
        assert answer.errors == ["Choose at least one column"]
        assert answer.value("list") == listed


def test_an_export_is_fixed_as_it_was_chosen(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    listed = listed_contacts(site, account, 3)
    browser = site.signed_in(owner)
    fixed_export(browser, list=listed, status="Subscribed", columns=["LastUpdated", "Email"])
    with site.context():
        export = db.session.scalars(select(Export)).one()
        assert (export.list_name, export.status, export.expected_rows) == ("Newsletter", "Subscribed", 3)
        assert export.columns == ["Email", "LastUpdated"]
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "export:fixed")).one()
        assert event.details["rows"] == 3


def test_a_status_that_does_not_exist_is_refused(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3)
    browser = site.signed_in(owner)
    browser.get("/contacts/export")
    assert browser.submit(having="columns", status="Everyone").status == 422


def test_what_was_sent_twice_is_refused(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    listed = listed_contacts(site, account, 3)
    browser = site.signed_in(owner)
    doubled: list[dict[str, Any]] = [{"list": [listed, ""]}, {"status": ["", "Subscribed"]}]
    for fields in doubled:
        browser.get("/contacts/export")
        answer = browser.submit(having="columns", **fields)
        assert answer.status == 422
        assert "was sent twice" in answer.errors[0]


def test_past_exports_come_in_pages(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    with site.context():
        made = [
            fixing.fix(fixing.Selection(account), ["Email"], owner).public_id
            for _ in range(fixing.PAGE_SIZE + 2)
        ]
    browser = site.signed_in(owner)
    first = browser.get("/contacts/exports")
    shown = [str(a["href"]).rsplit("/", 1)[1] for a in first.html.select("tbody a")]
    second = browser.get(str(first.html.select_one("a[rel=next]")["href"]))  # type: ignore[index]
    shown += [str(a["href"]).rsplit("/", 1)[1] for a in second.html.select("tbody a")]
    assert shown == made[::-1]
    assert second.html.select_one("a[rel=next]") is None


def test_with_no_exports_the_page_says_what_it_is_for(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    assert "No exports yet" in site.signed_in(owner).get("/contacts/exports").words
