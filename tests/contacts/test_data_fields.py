"""Data fields: made with a type, shown, and removed with what contacts hold in them."""

import pytest
from sqlalchemy import select

from extensions import db
from models import Account, AuditEvent, Contact, DataField, User
from models.contact_import import ContactImport
from services.clock import now
from services.contacts import fields, forgetting
from services.exports import columns
from services.unit_of_work import write
from tests.support.browser import Browser
from tests.support.plans import faults
from tests.support.site import Site
from tests.support.statements import asked


@pytest.fixture
def acme(site: Site) -> tuple[Account, Browser]:
    account, owner = site.world.acme(two_factor=False)
    return account, site.signed_in(owner)


REFUSED = {
    "": "Enter a name for the data field",
    "!!!": "Use at least one letter or digit in the name",
    "first order": "There is a data field FIRST_ORDER already. Choose another name",
    "FirstName": "There is a data field FIRSTNAME already. Choose another name",
    "x" * 61: "Name of the data field is too long. Use at most 60 characters",
}


def test_a_field_is_made_with_its_type_and_is_a_column_of_exports(
    site: Site, acme: tuple[Account, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    account, browser = acme
    browser.get("/contacts/fields")
    assert browser.submit(having="name", name=" First order ", type="date").status == 303
    assert "Added the data field FIRST_ORDER." in browser.follow().words
    assert "FIRST_ORDER Date" in browser.get("/contacts/fields").words
    for name, message in REFUSED.items():
        browser.get("/contacts/fields")
        answer = browser.submit(having="name", name=name, type="text")
        assert (answer.status, answer.error("name")) == (422, message)
    browser.get("/contacts/fields")
    assert browser.submit(having="name", name="Odd", type="going").status == 422
    monkeypatch.setattr(fields, "MAX_FIELDS", 6)
    browser.get("/contacts/fields")
    assert "at most 6 data fields" in browser.submit(having="name", name="One more", type="text").error(
        "name"
    )
    with site.context():
        assert columns.available(account)[5:-2] == [*fields.USUAL, "FIRST_ORDER"]
        assert db.session.scalars(
            select(AuditEvent.details).where(AuditEvent.event == "field:added")
        ).all() == [{"field": "FIRST_ORDER"}]


def holding(site: Site, account: Account, held: int, others: int) -> str:
    """Contacts, some of which hold a value in the field COLOUR; the address of its page."""
    site.world.contacts(account, held + others)
    with site.context(), write() as session:
        mine = select(Contact).where(Contact.account_id == account.id).order_by(Contact.id)
        for contact in session.scalars(mine.limit(held)).all():
            contact.data = {**contact.data, "COLOUR": "red"}
        field = DataField(account_id=account.id, name="COLOUR", position=6)
        session.add(field)
        session.flush()
        return f"/contacts/fields/{field.public_id}"


def test_a_removed_field_is_gone_from_pages_at_once_and_from_contacts_after_the_worker(
    site: Site, acme: tuple[Account, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    account, browser = acme
    monkeypatch.setattr(forgetting, "BATCH", 2)
    address = holding(site, account, 3, 4)
    other = site.world.account("Borealis")
    foreign = holding(site, other, 2, 0)
    assert browser.get(foreign).status == 404
    with asked(site) as seen:
        assert "3 contacts hold a value in it" in browser.get(address).words
        monkeypatch.setattr(forgetting, "SAMPLE", 2)
        assert "About 4 of 7 contacts hold a value in it" in browser.get(address).words
    assert not [found for statement, values in seen.items() if (found := faults(site, statement, values))]

    browser.get(address)
    assert "Tick the box" in browser.submit(having="sure").error("sure")
    assert browser.submit(having="sure", sure="y").location == "/contacts/fields"
    assert "COLOUR Being removed" in browser.get("/contacts/fields").words
    assert browser.get(address).status == 404
    browser.get("/contacts/fields")
    assert "is being removed just now" in browser.submit(having="name", name="colour", type="text").error(
        "name"
    )
    with site.context():
        assert "COLOUR" not in columns.available(account)
        with pytest.raises(fields.FieldGoing):
            fields.ensure(account, ["COLOUR"])

    site.deliver()
    assert "COLOUR" not in browser.get("/contacts/fields").words
    with site.context():
        held: dict[int, list[bool]] = {account.id: [], other.id: []}
        for row in db.session.scalars(select(Contact).order_by(Contact.id)):
            held[row.account_id].append("COLOUR" in row.data)
            assert row.data["FIRSTNAME"]
        fields.ensure(account, ["COLOUR"])
    assert held == {account.id: [False] * 7, other.id: [True] * 2}


def test_a_field_stays_while_a_file_comes_in(site: Site, acme: tuple[Account, Browser]) -> None:
    account, browser = acme
    address = holding(site, account, 1, 0)
    with site.context(), write() as session:
        owner = session.scalars(select(User.id).where(User.account_id == account.id)).one()
        session.add(ContactImport(
            account_id=account.id, user_id=owner, file_name="a.csv", size=1, state="running", created_at=now()
        ))  # fmt: skip
    browser.get(address)
    answer = browser.submit(having="sure", sure="y")
    assert (answer.status, answer.errors) == (
        422,
        ["A file is being imported just now, and could bring the field back. Try again when it has ended."],
    )
    with site.context(), write() as session:
        session.scalars(select(ContactImport)).one().state = "done"
    browser.get(address)
    assert browser.submit(having="sure", sure="y").status == 303


def test_only_the_owner_removes_a_data_field(site: Site, acme: tuple[Account, Browser]) -> None:
    """It takes something from every contact, and nobody can bring it back."""
    account, _ = acme
    address = holding(site, account, 1, 0)
    colleague = site.signed_in(site.world.user(account, can_export=True))
    assert "Remove COLOUR" not in colleague.get("/contacts/fields").words
    assert colleague.get(address).status == 403
    assert colleague.post(address, {"sure": "y"}).status == 403
    assert "COLOUR Text" in colleague.get("/contacts/fields").words
