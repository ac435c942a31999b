"""Finding contacts of an account, a page at a time. Never more than one page: contacts in bulk are an export.

Every page costs what a page holds, however many contacts the account has: it is read from an index that begins with
the account and goes on in the order of the page. Without a text the newest contacts come first; with one,
services/contacts/searching.py has them.
"""

from typing import Any

from sqlalchemy import Select, select

from extensions import db
from models.contact import Contact, ListMembership
from services.contacts import counts, searching
from services.contacts.pages import PAGE_SIZE, Page, Place, Search


def page(search: Search, *, before: Place | None = None, after: Place | None = None) -> Page:
    """The first page, or the one that goes on behind ``before``, or ends in front of ``after``."""
    if search.text:
        return searching.page(search, before=before, after=after)
    rows = _rows(search, before=before, after=after)
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if not rows:
        return Page([], counts.count(search.account, search.contact_list, search.status))
    if after is not None:
        rows.reverse()
    contacts = [contact for contact, _ in rows]
    has_newer = more if after is not None else before is not None
    has_older = more or after is not None
    return Page(
        contacts,
        int(rows[0][1]),
        older=Place(contacts[-1].id) if has_older else None,
        newer=Place(contacts[0].id) if has_newer else None,
    )


def _rows(search: Search, *, before: Place | None, after: Place | None) -> list[tuple[Contact, int]]:
    """One more than a page, with the number of all."""
    total = counts.held(search.account, search.contact_list, search.status)
    if search.contact_list is None:
        rules = [Contact.account_id == search.account.id]
        if search.status:
            rules.append(Contact.status == search.status)
        newest = _from(select(Contact, total).where(*rules), Contact.id, before, after)
        return [(row[0], row[1]) for row in db.session.execute(newest)]
    # The keys of the page first, from the index of the list; joined, a plan may begin at all contacts.
    on_list = select(ListMembership.contact_id).where(
        ListMembership.account_id == search.account.id, ListMembership.list_id == search.contact_list.id
    )
    if search.status:
        on_list = on_list.where(ListMembership.status == search.status)
    keys = db.session.scalars(_from(on_list, ListMembership.contact_id, before, after)).all()
    if not keys:
        return []
    of_page = select(Contact, total).where(Contact.account_id == search.account.id, Contact.id.in_(keys))
    rows = [(row[0], row[1]) for row in db.session.execute(of_page)]
    return sorted(rows, key=lambda row: row[0].id, reverse=after is None)


def _from(statement: Any, key: Any, before: Place | None, after: Place | None) -> Select[Any]:
    """One more than a page of the statement's rows, newest first; those in front of ``after`` come oldest first."""
    if after is not None:
        statement = statement.where(key > after.id)
    elif before is not None:
        statement = statement.where(key < before.id)
    statement = statement.order_by(key if after is not None else key.desc())
    found: Select[Any] = statement.limit(PAGE_SIZE + 1)
    return found
