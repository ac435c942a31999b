"""One contact: seen, changed, removed. One at a time is no export; what somebody did to it is in the log."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, delete, select

from extensions import db
from models.account import Account
from models.contact import Contact, ContactList, ListMembership
from services import accounts, audit, limits
from services.audit import Event
from services.clock import now
from services.contacts import fields, public_ids, statuses, turns
from services.contacts.adding import exact_mobile
from services.sessions import SignedIn
from services.unit_of_work import write

#: Names of changed fields that the log gets.
_TOLD = 20


class Gone(LookupError):
    """Somebody removed the contact meanwhile."""


class Overtaken(RuntimeError):
    """Somebody, or an import, changed the contact since it was shown."""


class NotByHand(ValueError):
    """The contact has another status by now, or this one is nothing to set by hand."""


@dataclass(frozen=True)
class Change:
    """``data``: every data field of the account; an empty text takes it away. ``lists``: public ids of the lists it
    is to be on, among those of the account. ``as_of``: what as_of() said when the contact was shown, "" to not ask."""

    mobile: str
    status: str
    data: dict[str, str]
    lists: Collection[str]
    as_of: str = ""


def find(account: Account, written: str) -> Contact | None:
    """By what public_ids.public_id() made."""
    key = public_ids.key_of(account, written)
    if key is None:
        return None
    return db.session.scalars(_of(account, key)).one_or_none()


def shown(me: SignedIn) -> None:
    """Count that a contact is shown: one after the other must not become an export without its code.

    Raises limits.LimitExceeded.
    """
    limits.hit("contacts_opened_user", me.user.id)


def lists_of(account: Account, contact: Contact) -> list[tuple[ContactList, bool]]:
    """Every list of the account by name, and whether the contact is on it."""
    rows = db.session.execute(
        select(ContactList, ListMembership.contact_id.is_not(None))
        .outerjoin(
            ListMembership,
            (ListMembership.account_id == ContactList.account_id)
            & (ListMembership.list_id == ContactList.id)
            & (ListMembership.contact_id == contact.id),
        )
        .where(ContactList.account_id == account.id)
        .order_by(ContactList.name)
    )
    return [(row[0], bool(row[1])) for row in rows]


def as_of(contact: Contact) -> str:
    """Another one after each change, but for that of lists."""
    return contact.updated_at.isoformat()


def change(contact: Contact, wanted: Change, me: SignedIn) -> bool:
    """False when there was nothing to change. Raises Gone, NotByHand, Overtaken, numbers.NumberRefused."""
    with write() as session:
        account = accounts.lock_as_member(me)
        turns.take(account.id)
        found = _hold(account, contact)
        if wanted.status != found.status and wanted.status not in statuses.by_hand(found.status):
            raise NotByHand
        if wanted.as_of not in {"", as_of(found)}:
            raise Overtaken
        changed = []
        mobile = (
            found.mobile if wanted.mobile == found.mobile else exact_mobile(wanted.mobile, account.region)
        )
        if mobile != found.mobile:
            found.mobile = mobile
            changed.append("mobile number")
        if wanted.status != found.status:
            found.status = wanted.status
            changed.append(f"status to {wanted.status}")
        # What is being removed gets no value behind the back of the worker that removes it.
        new = {name: wanted.data[name] for name in fields.held_names(account) if name in wanted.data}
        kept = {name: text for name, text in {**found.data, **new}.items() if text != "" or name not in new}
        differing = [name for name in new if kept.get(name, "") != found.data.get(name, "")]
        if differing:
            found.data = kept
            changed += differing
        if changed:
            found.updated_at = now()
            session.flush()
        if _put_on_lists(account, found, wanted.lists):
            changed.append("lists")
        if changed:
            audit.record(
                Event.CONTACT_CHANGED, account=account, actor=me.user, contact=masked(found.email),
                changes=", ".join(changed[:_TOLD]),
            )  # fmt: skip
    return bool(changed)


def remove(contact: Contact, me: SignedIn) -> None:
    """With everything held about it. Raises Gone."""
    with write() as session:
        account = accounts.lock_as_member(me)
        turns.take(account.id)
        found = _hold(account, contact)
        session.execute(delete(ListMembership).where(*_memberships(account, found)))
        session.execute(delete(Contact).where(Contact.account_id == account.id, Contact.id == found.id))
        audit.record(Event.CONTACT_REMOVED, account=account, actor=me.user, contact=masked(found.email))


def masked(email: str) -> str:
    """What the log keeps of an address: "a…@example.org". It outlives the contact."""
    name, _, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"


def _put_on_lists(account: Account, contact: Contact, wanted: Collection[str]) -> bool:
    """On these lists and no other; one that went meanwhile is left out."""
    session = db.session
    known = {
        row.id: row.public_id
        for row in session.scalars(
            select(ContactList)
            .where(ContactList.account_id == account.id)
            .with_for_update(read=True, key_share=True)
        )
    }
    on = (
        set(session.scalars(select(ListMembership.list_id).where(*_memberships(account, contact))))
        & known.keys()
    )
    to_be = {key for key, public_id in known.items() if public_id in wanted}
    if off := on - to_be:
        session.execute(
            delete(ListMembership).where(
                *_memberships(account, contact), ListMembership.list_id.in_(sorted(off))
            )
        )
    session.add_all(
        ListMembership(account_id=account.id, list_id=key, contact_id=contact.id, status=contact.status)
        for key in sorted(to_be - on)
    )
    session.flush()
    return on != to_be


def _memberships(account: Account, contact: Contact) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return ListMembership.account_id == account.id, ListMembership.contact_id == contact.id


def _hold(account: Account, contact: Contact) -> Contact:
    """Read again and held. Raises Gone."""
    held = _of(account, contact.id).with_for_update().execution_options(populate_existing=True)
    found = db.session.scalars(held).one_or_none()
    if found is None:
        raise Gone
    return found


def _of(account: Account, key: int) -> Select[Contact]:
    return select(Contact).where(Contact.account_id == account.id, Contact.id == key)
