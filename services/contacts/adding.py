"""Adding one contact by hand, and reading what people write as a mobile number."""

import re

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from extensions import db
from models.account import Account
from models.contact import Contact, ContactList, ListMembership
from services.clock import now
from services.contacts import fields, turns
from services.integrity import violated
from services.numbers import NumberRefused, parse_mobile
from services.unit_of_work import write

MAX_MOBILE = 60
#: E.164 in all but its blanks.
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_BLANKS = str.maketrans("", "", " ()-.\u00a0\u202f")


class AlreadyThere(ValueError):
    """The account has a contact with this email address."""


class ListGone(LookupError):
    """The list was removed meanwhile."""


def add(
    account: Account, email: str, *, mobile: str = "", data: dict[str, str], contact_list: ContactList | None
) -> Contact:
    """A new contact, subscribed. ``data``: {data field: text}; empty ones are left out.

    Raises AlreadyThere, ListGone, fields.TooManyFields, numbers.NumberRefused.
    """
    moment = now()
    kept = {name: text for name, text in data.items() if text}
    try:
        with write() as session:
            fields.ensure(account, kept)
            turns.take(account.id)
            contact = Contact(
                account_id=account.id, email=email.lower(), mobile=exact_mobile(mobile, account.region),
                data=kept, created_at=moment, updated_at=moment,
            )  # fmt: skip
            session.add(contact)
            session.flush()
            if contact_list is not None:
                _hold(contact_list)
                session.add(
                    ListMembership(
                        account_id=account.id,
                        list_id=contact_list.id,
                        contact_id=contact.id,
                        status=contact.status,
                    )
                )
    except IntegrityError as fault:
        if violated(fault) != "uq_contacts_account_id_email":
            raise
        raise AlreadyThere from fault
    return contact


def _hold(contact_list: ContactList) -> None:
    """It stays until the surrounding write() ends. Raises ListGone."""
    held = select(ContactList.id).where(ContactList.id == contact_list.id)
    if db.session.scalar(held.with_for_update(read=True, key_share=True)) is None:
        raise ListGone


def exact_mobile(written: str, region: str) -> str:
    """E.164, "" for nothing. Raises NumberRefused: who types a number by hand can be asked once more."""
    bare = written.translate(_BLANKS)
    return bare if not bare or _E164.fullmatch(bare) else parse_mobile(written, region).e164


def readable_mobile(written: str, region: str) -> str:
    """E.164 where ``written`` can be read as a mobile number, else as it stands: a contact's number is theirs."""
    try:
        return exact_mobile(written, region)
    except NumberRefused:
        return written.strip()
