"""Contacts by the beginning of their address or name, in the order of what was found, a page at a time.

Each key (services/contacts/keys.py) has an index; a page merges their next entries. A contact may be found by several
keys: it stands where the smallest of them is. What a list or a status rules out is looked through all the same, so
one request looks at MOST entries and goes on with the next. A list or status of few contacts is read instead.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    select,
    tuple_,
    union,
)

from extensions import db
from models.contact import Contact, ListMembership
from services.contacts import counts
from services.contacts.keys import Key, keys_of
from services.contacts.pages import PAGE_SIZE, Page, Place, Search

#: Matches are counted up to here.
COUNTED = 300
#: Lists and states of at most so many contacts are read whole.
FEW = 1000
#: Entries of the indexes that one request looks at, at most.
MOST = 3000
_FIRST_LOOK = 3 * (PAGE_SIZE + 1)
_FURTHER_LOOK = 1000


def page(search: Search, *, before: Place | None = None, after: Place | None = None) -> Page:
    """As looking.page(), in the order of the alphabet."""
    narrowed = search.contact_list is not None or bool(search.status)
    if narrowed and counts.count(search.account, search.contact_list, search.status) <= FEW:
        return _page_of_few(search, before, after)
    backwards = after is not None
    places, reached = _look(search, after or before, backwards=backwards)
    unfinished = reached is not None
    more, places = len(places) > PAGE_SIZE, places[:PAGE_SIZE]
    if backwards:
        places.reverse()
    older = places[-1] if places and (more or backwards) else None
    newer = places[0] if places and (more if backwards else before is not None) else None
    if unfinished:
        older, newer = (older, reached) if backwards else (reached, newer)
    if not unfinished and older is None and newer is None:
        found, exact = len(places), True
    else:
        found, exact = _count(search)
    return Page(_contacts(search, places), found, exact, older, newer, unfinished and not places)


def _look(search: Search, place: Place | None, *, backwards: bool) -> tuple[list[Place], Place | None]:
    """One more place than a page has, or all there are; and where the looking stopped because it took long."""
    found: list[Place] = []
    looked, limit = 0, _FIRST_LOOK
    while looked < MOST:
        rows = db.session.execute(_entries(search, place, limit, backwards=backwards)).all()
        found += [Place(row.id, row.key) for row in rows if row.fits]
        if len(found) > PAGE_SIZE or len(rows) < limit:
            return found, None
        looked += limit
        place, limit = Place(rows[-1].id, rows[-1].key), _FURTHER_LOOK
    return found, place


def _entries(search: Search, place: Place | None, limit: int, *, backwards: bool) -> Select[Any]:
    """The next entries of all keys, merged: key, id, and whether the contact belongs here on this page."""
    merged = union(*_branches(search, place, limit, backwards=backwards)).subquery()
    order = (merged.c.key.desc(), merged.c.id.desc()) if backwards else (merged.c.key, merged.c.id)
    return select(merged.c.key, merged.c.id, merged.c.fits).order_by(*order).limit(limit)


def _branches(
    search: Search, place: Place | None, limit: int, *, backwards: bool = False
) -> list[Select[Any]]:
    """Spellings that a database takes for one give the same rows twice: union() takes them together."""
    keys = keys_of(search.text)
    branches = []
    for number, key in enumerate(keys):
        fits = and_(_smallest(number, keys), *_rules(search))
        for spelling in key.spellings:
            statement = select(
                key.column.label("key"), Contact.id, cast(case((fits, 1), else_=0), Integer).label("fits"),
                literal(number, Integer).label("number"),
            ).where(Contact.account_id == search.account.id, key.begins(spelling))  # fmt: skip
            if place is not None:
                here = tuple_(key.column, Contact.id)
                there = tuple_(literal(place.key, String), literal(place.id))
                statement = statement.where(here < there if backwards else here > there)
            order = [part.desc() if backwards else part for part in key.order]
            branches.append(select(statement.order_by(*order).limit(limit).subquery()))
    return branches


def _smallest(number: int, keys: list[Key]) -> ColumnElement[bool]:
    """No other key of this contact fits and comes earlier."""
    mine = keys[number].column
    return and_(
        *(
            not_(and_(key.any_begins(), key.column <= mine if other < number else key.column < mine))
            for other, key in enumerate(keys)
            if other != number
        )
    )


def _rules(search: Search) -> list[ColumnElement[bool]]:
    rules: list[ColumnElement[bool]] = []
    if search.status:
        rules.append(Contact.status == search.status)
    if search.contact_list is not None:
        # Looked up for each contact. An EXISTS would be taken for a reason to read the whole list first.
        on_list = select(ListMembership.contact_id).where(
            ListMembership.account_id == search.account.id,
            ListMembership.list_id == search.contact_list.id,
            ListMembership.contact_id == Contact.id,
        )
        rules.append(on_list.limit(1).scalar_subquery().is_not(None))
    return rules


def _count(search: Search) -> tuple[int, bool]:
    """How many fit among the first entries of each key, and whether these are all."""
    merged = union(*_branches(search, None, COUNTED + 1)).subquery()
    rows = db.session.execute(
        select(func.count(), func.sum(merged.c.fits)).select_from(merged).group_by(merged.c.number)
    ).all()
    found, exact = sum(int(row[1]) for row in rows), all(row[0] <= COUNTED for row in rows)
    return (found, True) if exact else (min(found, COUNTED), False)


def _page_of_few(search: Search, before: Place | None, after: Place | None) -> Page:
    keys = keys_of(search.text)
    statement = select(Contact.id, *(case((key.any_begins(), key.column)) for key in keys)).where(
        Contact.account_id == search.account.id
    )
    if search.contact_list is not None:
        on_list = select(ListMembership.contact_id).where(
            ListMembership.account_id == search.account.id, ListMembership.list_id == search.contact_list.id
        )
        if search.status:
            on_list = on_list.where(ListMembership.status == search.status)
        # The list's keys first: joined, a plan may begin at all contacts.
        statement = statement.where(Contact.id.in_(db.session.scalars(on_list.limit(FEW)).all()))
    else:
        statement = statement.where(Contact.status == search.status).limit(FEW)
    fitting = (
        (min(own), row[0])
        for row in db.session.execute(statement)
        if (own := [key for key in row[1:] if key])
    )
    places = [Place(contact_id, key) for key, contact_id in sorted(fitting)]
    first = 0
    if before is not None:
        first = sum((place.key, place.id) <= (before.key, before.id) for place in places)
    elif after is not None:
        first = max(0, sum((place.key, place.id) < (after.key, after.id) for place in places) - PAGE_SIZE)
    shown = places[first : first + PAGE_SIZE]
    return Page(
        _contacts(search, shown),
        len(places),
        older=shown[-1] if first + PAGE_SIZE < len(places) else None,
        newer=shown[0] if first and shown else None,
    )


def _contacts(search: Search, places: list[Place]) -> list[Contact]:
    ids = [place.id for place in places]
    found = db.session.scalars(
        select(Contact).where(Contact.account_id == search.account.id, Contact.id.in_(ids))
    ) if ids else ()  # fmt: skip
    contacts = {contact.id: contact for contact in found}
    return [contacts[key] for key in ids if key in contacts]
