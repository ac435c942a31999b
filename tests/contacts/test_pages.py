"""Finding, adding and grouping contacts."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from extensions import db
from models import Account, Contact, ContactList
from services.clock import now
from services.contacts import adding, lists, looking
from services.contacts.pages import PAGE_SIZE, Search
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.exporting import listed_contacts
from tests.support.site import Site
from tests.support.statements import statements


@pytest.fixture
def acme(site: Site) -> tuple[Account, Browser]:
    account, owner = site.world.acme(two_factor=False)
    return account, site.signed_in(owner)


def shown(page: Page) -> list[str]:
    return [row.find("td").get_text(strip=True) for row in page.html.select("tbody tr")]  # type: ignore[union-attr]


def person(site: Site, account: Account, email: str, **data: str) -> None:
    with site.context(), write() as session:
        session.add(
            Contact(account_id=account.id, email=email, data=data, created_at=now(), updated_at=now())
        )


def test_with_no_contacts_the_page_says_what_to_do(acme: tuple[Account, Browser]) -> None:
    page = acme[1].get("/contacts")
    assert "No contacts yet" in page.words
    assert page.html.find("a", string=lambda text: "Import contacts" in (text or ""))


def test_contacts_come_fifty_a_page_and_the_way_back_is_the_same(
    site: Site, acme: tuple[Account, Browser]
) -> None:
    account, browser = acme
    site.world.contacts(account, 120)
    pages = [browser.get("/contacts")]
    while following := pages[-1].html.select_one("a[rel=next]"):
        pages.append(browser.get(str(following["href"])))
    everybody = [email for page in pages for email in shown(page)]
    assert [len(shown(page)) for page in pages] == [50, 50, 20]
    assert everybody == [f"contact-{account.id}-{n:04}@example.org" for n in range(120, 0, -1)]
    back = browser.get(str(pages[2].html.select_one("a[rel=prev]")["href"]))  # type: ignore[index]
    assert shown(back) == shown(pages[1])
    first = browser.get(str(back.html.select_one("a[rel=prev]")["href"]))  # type: ignore[index]
    assert shown(first) == shown(pages[0])
    assert first.html.select_one("a[rel=prev]") is None
    assert "120 contacts" in first.words


def test_no_address_of_a_page_tells_a_key_of_the_database(site: Site, acme: tuple[Account, Browser]) -> None:
    account, browser = acme
    site.world.contacts(account, 60)
    following = browser.get("/contacts").html.select_one("a[rel=next]")
    assert following is not None
    assert "page=gAAAA" in str(following["href"])
    for broken in ("page=1", "page=gAAAAAbroken", "page=%00", "page=é"):
        assert len(shown(browser.get(f"/contacts?{broken}"))) == 50


SEARCHES: dict[str, list[str]] = {
    "ana": ["ana@example.org"],
    "ANA@": ["ana@example.org"],
    "Żan": ["zaneta@example.org"],
    "żan": ["zaneta@example.org"],
    "大": ["d@example.org"],
    "Núñ": ["ana@example.org"],
    **{text: [] for text in ("example", "%", "_", "a%", "' OR 1=1 --")},
    "\0": ["d@example.org", "zaneta@example.org", "ana@example.org"],
}


def test_a_search_finds_the_beginning_of_an_address_or_a_name(
    site: Site, acme: tuple[Account, Browser]
) -> None:
    account, browser = acme
    person(site, account, "ana@example.org", FIRSTNAME="Ana", LASTNAME="Núñez")
    person(site, account, "zaneta@example.org", FIRSTNAME="Żaneta")
    person(site, account, "d@example.org", FULLNAME="大輔")
    for text, found in SEARCHES.items():
        page = browser.get("/contacts", query_string={"q": text})
        assert shown(page) == found, text
        assert ("No contacts found" in page.words) == (not found)


def test_list_and_status_narrow_the_page(site: Site, acme: tuple[Account, Browser]) -> None:
    account, browser = acme
    listed = listed_contacts(site, account, 2)
    person(site, account, "x@example.org")
    assert len(shown(browser.get(f"/contacts?list={listed}"))) == 2
    assert len(shown(browser.get("/contacts?status=Subscribed"))) == 3
    assert shown(browser.get("/contacts?status=Suppressed")) == []
    options = [
        option.get_text() for option in browser.get(f"/contacts?list={listed}").html.select("#status option")
    ]
    assert options[:2] == ["Any status", "Subscribed (2)"]
    assert options[-1] == "Suppressed (0)"
    assert len(shown(browser.get("/contacts?status=Nonsense"))) == 3


def test_another_accounts_contacts_and_lists_are_not_there(site: Site, acme: tuple[Account, Browser]) -> None:
    foreign = listed_contacts(site, site.world.account("Borealis"), 3)
    browser = acme[1]
    assert "No contacts yet" in browser.get("/contacts").words
    for path in (f"/contacts?list={foreign}", f"/contacts/lists/{foreign}"):
        assert browser.get(path).status == 404
    assert browser.post(f"/contacts/lists/{foreign}/remove").status == 404
    browser.get("/contacts/new")
    assert browser.submit(having="email", email="a@example.org", list=foreign).status == 404
    with site.context():
        assert len(db.session.scalars(select(ContactList)).all()) == 1


def test_a_contact_is_added_to_a_list(site: Site, acme: tuple[Account, Browser]) -> None:
    account, browser = acme
    listed = listed_contacts(site, account, 1)
    browser.get("/contacts/new")
    answer = browser.submit(
        having="email",
        email=" Zoe@Example.org ",
        first_name="Zoë",
        last_name="",
        mobile="07400 123456",
        list=listed,
    )
    assert answer.status == 303
    with site.context():
        added = db.session.scalars(select(Contact).where(Contact.email == "zoe@example.org")).one()
        assert (added.mobile, added.data, added.status) == (
            "+447400123456",
            {"FIRSTNAME": "Zoë"},
            "Subscribed",
        )
    assert "zoe@example.org" in shown(browser.get(f"/contacts?list={listed}"))


NOT_AN_ADDRESS = "Enter an email address in the correct format, like name@example.com"
ODD_CHARACTER = "First name has a character that cannot be used here. Type it again"
TAKEN = "contact-taken@example.org"
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"email": ""}, "email", "Enter an email address"),
    ({"email": "nobody"}, "email", NOT_AN_ADDRESS),
    ({"email": "nobody@nowhere"}, "email", NOT_AN_ADDRESS),
    (
        {"email": "x" * 5000 + "@example.org"},
        "email",
        "Email address is too long. Use at most 254 characters",
    ),
    ({"email": ["a@example.org", "b@example.org"]}, "email", "Email address was sent twice. Enter it once"),
    ({"list": ["", ""]}, "list", "List was sent twice. Enter it once"),
    ({"email": TAKEN}, "email", "There is a contact with this email address already"),
    ({"first_name": "a\0b"}, "first_name", ODD_CHARACTER),
    ({"first_name": ["Ana", "Ana"]}, "first_name", "First name was sent twice. Enter it once"),
    ({"first_name": "x" * 300}, "first_name", "First name is too long. Use at most 255 characters"),
    ({"mobile": "1" * 61}, "mobile", "Mobile number is too long. Use at most 60 characters"),
]


def test_a_wrong_field_is_told_and_the_rest_is_kept(site: Site, acme: tuple[Account, Browser]) -> None:
    account, browser = acme
    person(site, account, TAKEN)
    for fields, box, message in WRONG:
        browser.get("/contacts/new")
        answer = browser.submit(having="email", **{"email": "a@example.org", "last_name": "Kept", **fields})
        assert (answer.status, answer.error(box)) == (422, message)
        assert answer.value("last_name") == "Kept"


def test_lists_are_made_counted_renamed_and_removed(site: Site, acme: tuple[Account, Browser]) -> None:
    account, browser = acme
    listed = listed_contacts(site, account, 3)
    browser.get("/contacts/lists")
    assert browser.submit(having="name", name="Frühling").status == 303
    rows = [
        [td.get_text(strip=True) for td in row.select("td")][:2]
        for row in browser.get("/contacts/lists").html.select("tbody tr")
    ]
    assert rows == [["Frühling", "0"], ["Newsletter", "3"]]
    for taken in ("Newsletter", "all contacts"):
        browser.get("/contacts/lists")
        answer = browser.submit(having="name", name=taken)
        assert (answer.status, answer.error("name")) == (
            422,
            "There is a list of this name already. Choose another name",
        )
    browser.get(f"/contacts/lists/{listed}")
    assert browser.submit(having="name", name="News").status == 303
    assert "News" in browser.get("/contacts/lists").words
    browser.get(f"/contacts/lists/{listed}")
    assert browser.submit(form="/remove").status == 303
    assert "Its contacts are still there" in browser.follow().words
    assert len(shown(browser.get("/contacts"))) == 3


def test_a_page_of_contacts_costs_a_few_statements_however_many_there_are(
    site: Site, acme: tuple[Account, Browser]
) -> None:
    account, browser = acme
    listed_contacts(site, account, 60)
    with statements(site) as run:
        browser.get("/contacts")
        of_page = len(run)
        browser.get("/contacts/lists")
    assert of_page == 4, (
        run
    )  # session with user and account; page with its count; lists; counts of each status
    assert len(run) - of_page == 2, run


def test_a_page_never_holds_more_than_fifty(site: Site, acme: tuple[Account, Browser]) -> None:
    account, _ = acme
    site.world.contacts(account, 55)
    with site.context():
        assert len(looking.page(Search(account)).contacts) == PAGE_SIZE == 50


def test_support_staff_see_no_contacts(site: Site) -> None:
    support = site.signed_in(site.world.support())
    for path in ("/contacts", "/contacts/new", "/contacts/lists", "/contacts/import"):
        assert support.get(path).status == 403


def test_a_list_that_goes_while_a_contact_is_added_is_told_as_that(
    site: Site, acme: tuple[Account, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    account, browser = acme
    listed = listed_contacts(site, account, 1)
    _removed_meanwhile(site, monkeypatch)
    browser.get("/contacts/new")
    answer = browser.submit(having="email", email="new@example.org", list=listed)
    assert (answer.status, answer.error("email")) == (422, "")
    assert answer.error("list") == "This list is no longer there. Choose another"
    with site.context():
        assert db.session.scalars(select(Contact).where(Contact.email == "new@example.org")).all() == []


def _removed_meanwhile(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody removes every list after the page has found it and before the contact is added."""
    add = adding.add

    def late(*arguments: Any, **named: Any) -> Contact:
        with site.context():
            for found in db.session.scalars(select(ContactList)).all():
                lists.remove(found)
        return add(*arguments, **named)

    monkeypatch.setattr(adding, "add", late)


def test_a_fault_of_another_kind_is_not_told_as_a_name_or_an_address_that_is_taken(
    site: Site, acme: tuple[Account, Browser]
) -> None:
    account, _ = acme
    with site.context():
        nowhere = Account(id=account.id + 1000, public_id="nowhere", name="Nowhere")
        with pytest.raises(IntegrityError):
            lists.create(nowhere, "News")
        with pytest.raises(IntegrityError):
            adding.add(nowhere, "a@example.org", data={}, contact_list=None)
