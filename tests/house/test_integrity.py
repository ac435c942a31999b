"""A refused statement says which rule it broke, alike on both databases."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models import Contact, ContactList, User
from models.ownership import OwnershipTransfer
from services.clock import now
from services.integrity import violated
from services.unit_of_work import write
from tests.support.site import Site


def refusal(site: Site, *rows: Any, statement: str = "") -> str:
    with site.context(), pytest.raises(IntegrityError) as refused:
        _write(rows, statement)
    return violated(refused.value)


def _write(rows: tuple[Any, ...], statement: str) -> None:
    with write() as session:
        session.add_all(rows)
        if statement:
            session.execute(text(statement))


def person(account_id: int, **changed: Any) -> User:
    values = {"account_id": account_id, "email": "new@acme.example", "name": "New", "role": "user"}
    return User(**{**values, "created_at": now(), **changed})


def test_two_people_of_one_address(site: Site) -> None:
    account, owner = site.world.acme()
    assert refusal(site, person(account.id, email=owner.email)) == "uq_users_email"


def test_two_people_of_one_public_id(site: Site) -> None:
    account, owner = site.world.acme()
    assert refusal(site, person(account.id, public_id=owner.public_id)) == "uq_users_public_id"


def test_two_owners_of_one_account(site: Site) -> None:
    account, _ = site.world.acme()
    assert refusal(site, person(account.id, role="owner")) == "uq_users_one_owner"


def test_an_address_in_capitals(site: Site) -> None:
    account, _ = site.world.acme()
    assert refusal(site, person(account.id, email="NEW@acme.example")) == "ck_users_email_is_lower_case"


def test_two_contacts_of_one_address_and_two_lists_of_one_name(site: Site) -> None:
    account, _ = site.world.acme()
    twice = [
        Contact(account_id=account.id, email="c@example.org", created_at=now(), updated_at=now())
        for _ in range(2)
    ]
    assert refusal(site, *twice) == "uq_contacts_account_id_email"
    lists = [ContactList(account_id=account.id, name="News", created_at=now()) for _ in range(2)]
    assert refusal(site, *lists) == "uq_contact_lists_account_id_name"


def test_two_open_offers_of_ownership(site: Site) -> None:
    account, owner = site.world.acme()
    heir = site.world.user(account)
    offers = [
        OwnershipTransfer(
            account_id=account.id, from_user_id=owner.id, to_user_id=heir.id,
            created_at=now(), expires_at=now(),
        )
        for _ in range(2)
    ]  # fmt: skip
    assert refusal(site, *offers) == "uq_ownership_transfers_one_open"


def test_a_missing_value_has_no_name(site: Site) -> None:
    account, owner = site.world.acme()
    assert refusal(site, statement=f"UPDATE users SET name = NULL WHERE id = {owner.id}") == ""  # noqa: S608
