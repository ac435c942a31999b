"""Finding contacts of an account, a page at a time. Never more than one page: contacts in bulk are an export."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from extensions import db
from models.account import Account
from models.contact import Contact, ContactList, ListMembership

PAGE_SIZE = 50
#: Data fields in which a name is looked for.
NAMES = ("FIRSTNAME", "LASTNAME", "FULLNAME")


@dataclass(frozen=True)
class Search:
    """``text``: beginning of the email address or of a name. ``status``: "" for any."""

    account: Account
    text: str = ""
    contact_list: ContactList | None = None
    status: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.contact_list or self.status)


@dataclass(frozen=True)
class Page:
    """``found``: how many the whole search has. ``older``, ``newer``: keys to go on from, None at the ends."""

    contacts: list[Contact]
    found: int
    older: int | None
    newer: int | None


def page(search: Search, *, before: int | None = None, after: int | None = None) -> Page:
    """The newest contacts, or those made before or after a known one."""
    total = _found(search, select(func.count()).select_from(Contact)).scalar_subquery()
    statement = _found(search, select(Contact, total))
    if after is not None:
        statement = statement.where(Contact.id > after).order_by(Contact.id)
    else:
        if before is not None:
            statement = statement.where(Contact.id < before)
        statement = statement.order_by(Contact.id.desc())
    answer = db.session.execute(statement.limit(PAGE_SIZE + 1)).all()
    rows = [contact for contact, _ in answer]
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if after is not None:
        rows.reverse()
    if not rows:
        return Page([], count(search) if before or after else 0, None, None)
    has_newer = more if after is not None else before is not None
    has_older = True if after is not None else more
    return Page(rows, answer[0][1], rows[-1].id if has_older else None, rows[0].id if has_newer else None)


def count(search: Search) -> int:
    counted: int = db.session.scalars(_found(search, select(func.count()).select_from(Contact))).one()
    return counted


def _found(search: Search, statement: Select[Any]) -> Select[Any]:
    statement = statement.where(Contact.account_id == search.account.id)
    if search.status:
        statement = statement.where(Contact.status == search.status)
    if search.contact_list is not None:
        on_list = select(ListMembership.contact_id).where(
            ListMembership.account_id == search.account.id, ListMembership.list_id == search.contact_list.id
        )
        statement = statement.where(Contact.id.in_(on_list))
    return statement.where(_begins(search.text)) if search.text else statement


def _begins(text: str) -> ColumnElement[bool]:
    # Not every database knows capital letters beyond ASCII, so the usual ways to write a name are asked for one by one.
    written = {text, text.lower(), text.upper(), text.title()}
    return or_(
        Contact.email.startswith(text.lower(), autoescape=True),
        *(
            Contact.data[name].as_string().startswith(way, autoescape=True)
            for name in NAMES
            for way in sorted(written)
        ),
    )
