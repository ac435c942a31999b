"""One contact's page: seen, changed as far as that may be, removed; and the way back to where one was."""

from typing import Any

import pytest
from sqlalchemy import select

from extensions import db
from models import Account, AuditEvent, Contact, DataField
from models.contact import ContactStatus, DataFieldType, ListMembership
from services.clock import now
from services.contacts import counts, lists, one, public_ids, statuses
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.exporting import listed_contacts
from tests.support.site import Site

TYPES = {"SINCE": DataFieldType.DATE, "POINTS": DataFieldType.NUMBER, "VIP": DataFieldType.YES_NO}


@pytest.fixture
def acme(site: Site) -> tuple[Account, Browser]:
    account, owner = site.world.acme(two_factor=False)
    with site.context(), write() as session:
        session.add_all(
            DataField(account_id=account.id, name=name, type=type_) for name, type_ in TYPES.items()
        )
    return account, site.signed_in(owner)


def newest(browser: Browser, query: str = "") -> str:
    """The address of the first contact that the page shows."""
    return str(browser.get(f"/contacts{query}").html.select_one("tbody a")["href"])  # type: ignore[index]


def only(site: Site) -> Contact:
    with site.context():
        found = db.session.scalars(select(Contact)).one()
        db.session.expunge(found)
        return found


def saved(browser: Browser, address: str, **fields: Any) -> Page:
    browser.get(address)
    return browser.submit(having="status", **fields)


def test_a_save_over_somebody_elses_change_is_told_and_then_done(
    site: Site, acme: tuple[Account, Browser]
) -> None:
    account, browser = acme
    site.world.contacts(account, 1)
    address = newest(browser)
    browser.get(address)
    with site.context(), write():
        changed = db.session.scalars(select(Contact)).one()
        changed.mobile, changed.updated_at = "+447400123456", now()
    answer = browser.submit(having="status", **{"data-LASTNAME": "Ito"})
    assert answer.status == 422
    assert "This contact was changed meanwhile" in answer.words
    assert only(site).mobile == "+447400123456"
    assert browser.submit(having="status").status == 303
    assert (only(site).mobile, only(site).data["LASTNAME"]) == ("", "Ito")


def test_a_contact_is_opened_changed_and_found_again_where_one_was(
    site: Site, acme: tuple[Account, Browser]
) -> None:
    account, browser = acme
    listed_contacts(site, account, 60)
    second = str(browser.get("/contacts?status=Subscribed").html.select_one("a[rel=next]")["href"])  # type: ignore[index]
    row = browser.get(second).html.select_one("tbody a")
    assert row is not None
    page = browser.get(str(row["href"]))
    assert page.heading == row.get_text(strip=True)
    assert f"contact-{account.id}" not in str(row["href"])
    answer = browser.submit(
        having="status",
        mobile="07400 123456",
        **{"data-FIRSTNAME": "Zoë", "data-SINCE": "2026-03-31"},
        lists=None,
    )
    assert answer.status == 303
    page = browser.follow()
    assert "Saved the contact." in page.words
    assert (page.value("mobile"), page.value("data-SINCE")) == ("+447400123456", "2026-03-31")
    with site.context():
        assert len(db.session.scalars(select(ListMembership)).all()) == 59
        assert counts.count(account, lists.of_account(account)[0]) == 59
        changed = db.session.scalars(select(AuditEvent.details).where(AuditEvent.event == "contact:changed"))
        assert changed.one() == {
            "contact": "c…@example.org",
            "changes": "mobile number, FIRSTNAME, SINCE, lists",
        }
    back = page.html.select_one("a.back")
    assert back is not None
    assert [a.get_text() for a in browser.get(str(back["href"])).html.select("tbody a")] == [
        a.get_text() for a in browser.get(second).html.select("tbody a")
    ]
    adding = browser.get(second).html.select_one("a[href^='/contacts/new']")
    assert adding is not None
    browser.get(str(adding["href"]))
    assert browser.submit(having="email", email="new@example.org").status == 303
    assert browser.follow().html.select_one("a[rel=prev]") is not None


WRONG = {
    "mobile": ("12", "Enter a"),
    "data-SINCE": ("31.3.2026", "Enter a date as year-month-day, like 2026-03-31"),
    "data-POINTS": ("many", "Enter a number, like 12 or 12.5"),
    "data-FIRSTNAME": ("x" * 2001, "FIRSTNAME is too long. Use at most 2,000 characters"),
    "data-LASTNAME": ("a\0b", "LASTNAME has a character that cannot be used here. Type it again"),
}


def test_a_wrong_value_is_told_beside_its_field_and_what_an_import_brought_may_stay(
    site: Site, acme: tuple[Account, Browser]
) -> None:
    account, browser = acme
    site.world.contacts(account, 1, mobile="ask my wife")
    with site.context(), write() as session:
        found = session.scalars(select(Contact)).one()
        found.data = {"POINTS": "a lot", "VIP": "perhaps", "NOTE": "of no field", "FULLNAME": "two\nlines"}
        session.add(found)
    address = newest(browser)
    for name, (value, message) in WRONG.items():
        answer = saved(browser, address, **{name: value})
        assert answer.status == 422
        assert message in answer.error(name) or name == "mobile"
        assert answer.error(name)
    assert saved(browser, address, **{"data-VIP": "perhaps", "data-LASTNAME": "Núñez"}).status == 303
    assert saved(browser, address).status == 303
    assert "Nothing was changed" in browser.follow().words
    kept = only(site)
    assert kept.mobile == "ask my wife"
    assert kept.data == {
        "POINTS": "a lot", "VIP": "perhaps", "NOTE": "of no field", "FULLNAME": "two\nlines", "LASTNAME": "Núñez",
    }  # fmt: skip
    assert (
        saved(browser, address, **{"data-POINTS": "+12.50", "data-VIP": "true", "data-LASTNAME": ""}).status
        == 303
    )
    assert only(site).data == {
        "POINTS": "12.50",
        "VIP": "true",
        "NOTE": "of no field",
        "FULLNAME": "two\nlines",
    }


def test_nobody_is_subscribed_again_by_hand(site: Site, acme: tuple[Account, Browser]) -> None:
    account, browser = acme
    site.world.contacts(account, 1, status=ContactStatus.UNSUBSCRIBED)
    address = newest(browser)
    page = browser.get(address)
    assert "They asked for no more mail" in page.words
    assert saved(browser, address, status="Subscribed").status == 422
    assert only(site).status == "Unsubscribed"
    assert saved(browser, address, status="Suppressed").status == 303
    assert "no way back" not in browser.follow().words
    for status in ContactStatus:
        assert saved(browser, address, status=status).status == (303 if status == "Suppressed" else 422)
    assert only(site).status == "Suppressed"
    with site.context():
        assert counts.count(account, status="Suppressed") == 1
    # It changed while the form was open.
    with site.context():
        site.world.contacts(account, 1)
        contact = db.session.scalars(select(Contact).order_by(Contact.id.desc()).limit(1)).one()
        assert statuses.by_hand(contact.status) == ["Subscribed", "Unsubscribed", "Suppressed"]


def test_a_contact_is_removed_with_all_that_is_held_about_it(
    site: Site, acme: tuple[Account, Browser]
) -> None:
    account, browser = acme
    listed_contacts(site, account, 2)
    address = newest(browser)
    browser.get(address)
    assert browser.submit(form="/remove").location.startswith("/contacts")
    assert "Removed contact-" in browser.follow().words
    assert browser.get(address).status == 404
    with site.context():
        assert len(db.session.scalars(select(ListMembership)).all()) == 1
        assert counts.count(account) == 1
        removed = db.session.scalars(select(AuditEvent.details).where(AuditEvent.event == "contact:removed"))
        assert removed.one() == {"contact": "c…@example.org"}


@pytest.mark.threat("F8")
@pytest.mark.asvs("8.2.2")
def test_an_address_of_another_account_or_of_nobody_is_not_found(
    site: Site, acme: tuple[Account, Browser]
) -> None:
    account, browser = acme
    other = site.world.account("Borealis")
    site.world.contacts(other, 1)
    with site.context():
        foreign = db.session.scalars(select(Contact)).one()
        written = public_ids.public_id(other, foreign)
        # Made for the other account it is nothing here, and a key sealed for this account finds no foreign row.
        misused = public_ids.public_id(account, foreign)
        assert one.find(other, written) is not None
        assert public_ids.public_id(other, foreign) == written
    for address in (written, misused, written[:-1], written[:-1] + "é", "1", "A" * 32):
        for path in (f"/contacts/{address}", f"/contacts/{address}/remove"):
            assert browser.post(path, {"status": "Suppressed"}).status == 404
        assert browser.get(f"/contacts/{address}").status == 404
    with site.context():
        kept = db.session.scalars(select(Contact)).one()
        assert (kept.status, kept.updated_at < now()) == ("Subscribed", True)
