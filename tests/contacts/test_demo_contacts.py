"""Contacts for the demo."""

from sqlalchemy import func, select

from extensions import db
from models import Contact
from services.contacts import lists
from services.demo_contacts import contacts, make_contacts
from tests.support.site import Site


def test_the_same_seed_makes_the_same_people() -> None:
    first, second = ([one.email for one in contacts(200, 7)] for _ in "ab")
    assert first == second
    assert len(set(first)) == 200
    assert first != [one.email for one in contacts(200, 8)]


def test_names_come_in_many_scripts() -> None:
    names = "".join(one.data["FULLNAME"] for one in contacts(500, 1) if one.data).casefold()
    for letter in "łöшλحדनநさ김ส":
        assert letter in names


def test_contacts_are_dealt_out_over_the_lists(site: Site) -> None:
    account, _ = site.world.acme()
    with site.context():
        make_contacts(account, 101, ["One", "Two"], seed=3)
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 101
        assert [(found.name, count) for found, count in lists.with_counts(account)] == [
            ("One", 51),
            ("Two", 50),
        ]
