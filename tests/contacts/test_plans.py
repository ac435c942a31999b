"""No page reads a whole account, let alone a whole table: what the database plans for each of their statements."""

from typing import Any

import pytest

from extensions import db
from models import Account
from tests.support.browser import Browser
from tests.support.exporting import fixed_export
from tests.support.plans import GROWING, faults
from tests.support.site import Site
from tests.support.statements import asked


@pytest.fixture
def pages(site: Site) -> tuple[Account, Browser, list[str]]:
    """An account with something of everything, and the addresses of its pages."""
    account, owner = site.world.acme(two_factor=False)
    listed = site.world.contacts(account, 120, list_name="Newsletter")
    assert listed is not None
    browser = site.signed_in(owner)
    export = fixed_export(browser)
    narrowed = [f"list={listed.public_id}", "status=Subscribed", f"list={listed.public_id}&status=Subscribed"]
    addresses = [
        *(f"/contacts?{query}" for query in ("", *narrowed)),
        *(f"/contacts?q={text}&{query}" for text in ("contact", "Żan") for query in ("", *narrowed)),
        "/contacts/lists", f"/contacts/lists/{listed.public_id}", "/contacts/new", "/contacts/import",
        *(f"/contacts/export?{query}" for query in ("", *narrowed)), "/contacts/exports", export,
        "/settings/activity", f"/settings/activity?person={owner.public_id}", "/settings/activity?kind=Exports",
        f"/settings/activity?person={owner.public_id}&kind=Exports", "/settings/activity?before=3",
        f"/settings/activity?person={owner.public_id}&before=3",
    ]  # fmt: skip
    return account, browser, addresses


def walk(browser: Browser, addresses: list[str]) -> None:
    """Each page, with the one that follows it and the one before that."""
    for address in addresses:
        page = browser.get(address)
        assert page.status == 200, address
        for way in ("next", "prev"):
            following = page.html.select_one(f"a[rel={way}]")
            if following is None:
                break
            page = browser.get(str(following["href"]))


def bad(site: Site, seen: dict[str, Any]) -> dict[str, list[str]]:
    return {
        statement: found for statement, values in seen.items() if (found := faults(site, statement, values))
    }


def test_no_page_reads_what_grows_but_by_an_index_and_in_its_order(
    site: Site, pages: tuple[Account, Browser, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    account, browser, addresses = pages
    with asked(site) as seen:
        walk(browser, addresses)
        monkeypatch.setattr("services.contacts.searching.FEW", 0)
        walk(browser, [address for address in addresses if "q=" in address])
        support = site.signed_in(site.world.support())
        walk(support, [f"/support/accounts/{account.public_id}"])
    read = {table for table in GROWING for statement in seen if f"FROM {table}" in statement}
    assert read >= {"contacts", "list_memberships", "contact_counts", "audit_events", "exports"}
    assert not bad(site, seen)


WITHOUT_AN_INDEX = {
    "SELECT * FROM contacts WHERE mobile = ''": "contacts",
    "SELECT count(*) FROM contacts": "contacts",
    "SELECT count(*) FROM contacts WHERE status = 'Subscribed'": "contacts",
    "SELECT * FROM contacts WHERE lower(email) = 'a'": "contacts",
    "SELECT * FROM contacts WHERE account_id = 1 ORDER BY updated_at LIMIT 50": "all of",
    "SELECT * FROM contacts WHERE account_id = 1 AND status = 'Subscribed'": "all of",
    "SELECT * FROM audit_events WHERE subject_label = 'a' LIMIT 1": "audit_events",
    "SELECT * FROM audit_events WHERE account_id = 1 ORDER BY at DESC LIMIT 25": "all of",
}
#: Only PostgreSQL tells what it reads and throws away.
THROWING_AWAY = "SELECT * FROM contacts WHERE account_id = 1 AND mobile = '' ORDER BY id DESC LIMIT 50"


def test_a_statement_without_an_index_would_be_seen(site: Site) -> None:
    site.world.contacts(site.world.account("Acme"), 5, list_name="One")
    for statement, fault in WITHOUT_AN_INDEX.items():
        assert any(fault in found for found in faults(site, statement, ())), statement
    with site.context():
        tells = db.engine.dialect.name == "postgresql"
    assert any("read of contacts" in found for found in faults(site, THROWING_AWAY, ())) == tells
    assert not faults(site, "SELECT * FROM contacts WHERE account_id = 1 ORDER BY id DESC LIMIT 50", ())
