"""Lists of contacts: made, named, counted, removed. Removing one leaves its contacts where they are."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from extensions import db
from models.account import Account
from models.contact import ContactCount, ContactList, ListMembership
from models.export import ALL_CONTACTS, Export
from services import accounts, audit
from services.audit import Event
from services.clock import now
from services.contacts import counts, turns
from services.integrity import violated
from services.sessions import SignedIn
from services.unit_of_work import write


class NameTaken(ValueError):
    """The account has a list of this name already, or the name is kept for "all contacts"."""


def of_account(account: Account) -> list[ContactList]:
    """The account's lists by name."""
    return list(
        db.session.scalars(
            select(ContactList).where(ContactList.account_id == account.id).order_by(ContactList.name)
        )
    )


def with_counts(account: Account) -> list[tuple[ContactList, int]]:
    """Each list and how many contacts are on it, in one statement."""
    counted = (
        select(ContactCount.list_id, func.sum(ContactCount.n).label("contacts"))
        .where(ContactCount.account_id == account.id)
        .group_by(ContactCount.list_id)
        .subquery()
    )
    rows = db.session.execute(
        select(ContactList, func.coalesce(counted.c.contacts, 0))
        .outerjoin(counted, counted.c.list_id == ContactList.id)
        .where(ContactList.account_id == account.id)
        .order_by(ContactList.name)
    )
    return [(row[0], int(row[1])) for row in rows]


def find(account: Account, public_id: str) -> ContactList | None:
    return db.session.scalars(
        select(ContactList).where(ContactList.account_id == account.id, ContactList.public_id == public_id)
    ).one_or_none()


def create(account: Account, name: str) -> ContactList:
    """Raises NameTaken."""
    with _names_are_unique(), write() as session:
        _refuse_reserved(name)
        found = ContactList(account_id=account.id, name=name, created_at=now())
        session.add(found)
        session.flush()
    return found


def rename(contact_list: ContactList, name: str) -> None:
    """Raises NameTaken. Past exports keep the name the list had."""
    with _names_are_unique(), write() as session:
        _refuse_reserved(name)
        session.execute(update(ContactList).where(ContactList.id == contact_list.id).values(name=name))


def remove(contact_list: ContactList, by: SignedIn | None = None) -> None:
    """The list goes, its contacts stay. Exports fixed on it end: without the list they would mean everybody.

    ``by`` None: not on record, for what is tidied up.
    """
    from services.exports import long  # which knows the lists

    with write() as session:
        if by is not None:
            account = accounts.lock_as_member(by)
            audit.record(
                Event.LIST_REMOVED, account=account, actor=by.user, list=contact_list.name,
                contacts=counts.count(account, contact_list),
            )  # fmt: skip
        turns.take(contact_list.account_id)
        long.end_all_on(contact_list)
        session.execute(
            update(Export)
            .where(Export.list_id == contact_list.id, Export.expires_at > now())
            .values(expires_at=now())
            .execution_options(synchronize_session=False)
        )
        session.execute(delete(ListMembership).where(
            ListMembership.account_id == contact_list.account_id, ListMembership.list_id == contact_list.id
        ))  # fmt: skip
        session.execute(delete(ContactCount).where(
            ContactCount.account_id == contact_list.account_id, ContactCount.list_id == contact_list.id
        ))  # fmt: skip
        session.execute(delete(ContactList).where(ContactList.id == contact_list.id))


def _refuse_reserved(name: str) -> None:
    if name.casefold() == ALL_CONTACTS.casefold():
        raise NameTaken


@contextmanager
def _names_are_unique() -> Iterator[None]:
    """The database decides who was first; its refusal becomes NameTaken."""
    try:
        yield
    except IntegrityError as fault:
        if violated(fault) != "uq_contact_lists_account_id_name":
            raise
        raise NameTaken from fault
