"""Data fields: the account's own columns, named as in a header row: upper case, no blanks."""

import re
from collections.abc import Iterable

from sqlalchemy import select

from extensions import db
from models.account import Account
from models.contact import DataField
from services.unit_of_work import write

MAX_NAME = 60
MAX_FIELDS = 200
#: Fields that every account may expect, in their order.
USUAL = ("FIRSTNAME", "LASTNAME", "FULLNAME", "GENDER", "POSTCODE")
#: Columns of the contact itself; a data field of such a name would hide them in a file.
RESERVED = frozenset({"EMAIL", "MOBILE", "OPTINTYPE", "EMAILTYPE", "STATUS", "DATECREATED", "LASTUPDATED"})


class TooManyFields(ValueError):
    """The account would have more than MAX_FIELDS data fields."""


def field_name(written: str) -> str:
    """A header cell as a field's name: ``First name`` -> ``FIRST_NAME``; "" when nothing is left of it."""
    name = re.sub(r"\W+", "_", written.strip()).strip("_").upper()[:MAX_NAME].rstrip("_")
    return f"{name}_TEXT" if name in RESERVED else name


def names(account: Account) -> list[str]:
    """The usual fields, then the account's own in its order."""
    own = db.session.scalars(
        select(DataField.name)
        .where(DataField.account_id == account.id)
        .order_by(DataField.position, DataField.id)
    )
    return list(dict.fromkeys((*USUAL, *own)))


def ensure(account: Account, wanted: Iterable[str]) -> None:
    """Make the fields that are missing, as text, after those that exist. Raises TooManyFields."""
    wanted = list(dict.fromkeys(wanted))
    if not set(wanted) - set(names(account)):
        return
    with write() as session:
        # One after the other, so that two imports cannot make the same field.
        session.execute(select(Account.id).where(Account.id == account.id).with_for_update(key_share=True))
        known = names(account)
        missing = [name for name in wanted if name not in known]
        if len(known) + len(missing) > MAX_FIELDS:
            raise TooManyFields
        session.add_all(
            DataField(account_id=account.id, name=name, position=at)
            for at, name in enumerate(missing, start=len(known) + 1)
        )
        session.flush()
