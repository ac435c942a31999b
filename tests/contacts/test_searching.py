"""Searches through many contacts: in order, page by page, each once, and told when more were not counted."""

import pytest

from models import Contact, ContactList
from services.clock import now
from services.contacts import looking, searching
from services.contacts.pages import Page, Place, Search
from services.unit_of_work import write
from tests.support.site import Site


@pytest.fixture
def people(site: Site) -> Search:
    """150 contacts that begin with "an" by address, name or last name, some by all three, among others."""
    account, _ = site.world.acme()
    listed = site.world.contacts(account, 3, list_name="Few")
    assert listed is not None
    moment = now()
    with site.context(), write() as session:
        for n in range(150):
            kind = n % 5
            first, last = ("Ann", "Ander") if kind == 0 else ("Ann", "Berg") if kind < 3 else ("Bo", "ANDER")
            data = {"FULLNAME": f"{first} {last}"} if kind == 1 else {"FIRSTNAME": first, "LASTNAME": last}
            if kind == 4:
                data = {"LASTNAME": last}  # the name as shown and the last name are the same
            session.add(
                Contact(account_id=account.id, email=f"{'an' if n % 2 else 'zo'}{n:03}@example.org", data=data,
                        created_at=moment, updated_at=moment)
            )  # fmt: skip
        session.add(Contact(account_id=account.id, email="x@example.org", data={}, created_at=moment,
                            updated_at=moment))  # fmt: skip
    return Search(account, "an")


def all_pages(search: Search) -> list[Page]:
    pages = [looking.page(search)]
    while pages[-1].older is not None:
        pages.append(looking.page(search, before=pages[-1].older))
    return pages


def emails(page: Page) -> list[str]:
    return [contact.email for contact in page.contacts]


def test_everybody_is_found_once_and_the_way_back_is_the_same(site: Site, people: Search) -> None:
    with site.context():
        pages = all_pages(people)
        found = [email for page in pages for email in emails(page)]
        assert [len(page.contacts) for page in pages] == [50, 50, 50]
        assert (len(found), len(set(found))) == (150, 150)
        assert {(page.found, page.exact) for page in pages} == {(150, True)}
        assert pages[0].newer is None
        back = looking.page(people, after=pages[2].newer)
        assert emails(back) == emails(pages[1])
        assert emails(looking.page(people, after=back.newer)) == emails(pages[0])
        assert looking.page(people, after=back.newer).newer is None


def test_in_the_order_of_what_was_found(site: Site, people: Search) -> None:
    with site.context():
        keys = [
            (min(key for key in _keys(contact) if key.startswith("an")), contact.id)
            for page in all_pages(people)
            for contact in page.contacts
        ]
    assert len(keys) == 150
    assert keys == sorted(keys)


def _keys(contact: Contact) -> list[str]:
    first, last = (contact.data.get(name, "") for name in ("FIRSTNAME", "LASTNAME"))
    shown = contact.data.get("FULLNAME") or f"{first} {last}"
    return [contact.email, shown.strip().lower(), last.lower()]


def test_counted_up_to_a_bound_and_more_beyond_it(
    site: Site, people: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "COUNTED", 60)
    with site.context():
        page = looking.page(people)
        assert (page.found, page.exact) == (60, False)
        few = looking.page(Search(people.account, "an001"))
        assert (few.found, few.exact) == (1, True)
    owner = site.signed_in(site.world.user(people.account))
    assert "More than 60 contacts found" in owner.get("/contacts?q=an").words
    assert "1 contact found" in owner.get("/contacts?q=an001").words


@pytest.mark.parametrize("few", [2000, 0])
def test_a_list_and_a_status_narrow_a_search_either_way(
    site: Site, people: Search, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    account = people.account
    listed: ContactList | None = site.world.contacts(account, 60, list_name="An", status="Suppressed")
    with site.context():
        both = Search(account, "contact-", listed, "Suppressed")
        pages = all_pages(both)
        assert [len(page.contacts) for page in pages] == [50, 10]
        assert {page.found for page in pages} == {60}
        assert emails(looking.page(both, after=pages[1].newer)) == emails(pages[0])
        assert looking.page(Search(account, "contact-", listed, "Subscribed")).contacts == []
        assert looking.page(Search(account, "contact-", None, "Subscribed")).found == 3
        assert looking.page(Search(account, "an", listed)).found == 0


def test_a_search_that_takes_long_stops_and_goes_on(
    site: Site, people: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("FEW", 0), ("MOST", 40), ("_FIRST_LOOK", 40), ("_FURTHER_LOOK", 40)):
        monkeypatch.setattr(searching, name, value)
    account = people.account
    site.world.contacts(account, 1, status="Suppressed")
    last = site.world.contacts(account, 1, list_name="Last")
    with site.context(), write() as session:
        session.add(
            Contact(account_id=account.id, email="anz@example.org", data={}, status="Suppressed",
                    created_at=now(), updated_at=now())
        )  # fmt: skip
    search = Search(account, "an", status="Suppressed")
    with site.context():
        first = looking.page(search)
        assert (first.contacts, first.unfinished) == ([], True)
        place: Place | None = first.older
        pages = 1
        while place is not None:
            page = looking.page(search, before=place)
            place, pages = page.older, pages + 1
        assert emails(page) == ["anz@example.org"]
        assert 3 < pages < 12
        assert looking.page(Search(account, "an", contact_list=last)).unfinished
    words = site.signed_in(site.world.user(account)).get("/contacts?q=an&status=Suppressed").words
    assert "Nobody found so far" in words
    assert "Look further" in words
