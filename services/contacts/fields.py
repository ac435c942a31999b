"""Data fields: the account's own columns, named as in a header row: upper case, no blanks."""

import re
from collections.abc import Iterable

from sqlalchemy import select

from extensions import db
from models.account import Account
from models.contact import DataField, DataFieldType
from services import accounts, audit
from services.audit import Event
from services.sessions import SignedIn
from services.unit_of_work import write

MAX_NAME = 60
MAX_FIELDS = 200
#: Fields that every account may expect, in their order.
USUAL = ("FIRSTNAME", "LASTNAME", "FULLNAME", "GENDER", "POSTCODE")
#: Columns of the contact itself; a data field of such a name would hide them in a file.
RESERVED = frozenset({"EMAIL", "MOBILE", "OPTINTYPE", "EMAILTYPE", "STATUS", "DATECREATED", "LASTUPDATED"})


class TooManyFields(ValueError):
    """The account would have more than MAX_FIELDS data fields."""


class NameTaken(ValueError):
    """The account has a data field of this name already."""


class FieldGoing(RuntimeError):
    """A field of this name is being removed. Soon it can be made anew."""


def field_name(written: str) -> str:
    """A header cell as a field's name: ``First name`` -> ``FIRST_NAME``; "" when nothing is left of it."""
    name = re.sub(r"\W+", "_", written.strip()).strip("_").upper()[:MAX_NAME].rstrip("_")
    return f"{name}_TEXT" if name in RESERVED else name


def names(account: Account) -> list[str]:
    """The usual fields, then the account's own in its order."""
    return list(types(account))


def types(account: Account) -> dict[str, str]:
    """{name: type} of each of names()."""
    own = {row.name: row.type for row in _rows(account) if row.type != DataFieldType.GOING}
    return {**dict.fromkeys(USUAL, str(DataFieldType.TEXT)), **own}


def all_of(account: Account) -> list[DataField]:
    """The fields that were made for this account, in its order; also those that are being removed."""
    return [row for row in _rows(account) if row.name not in USUAL]


def find(account: Account, public_id: str) -> DataField | None:
    """One that is not being removed."""
    return db.session.scalars(
        select(DataField).where(
            DataField.account_id == account.id,
            DataField.public_id == public_id,
            DataField.type != DataFieldType.GOING,
        )
    ).one_or_none()


def going(account: Account) -> list[DataField]:
    """Those that are being removed."""
    return [field for field in _rows(account) if field.type == DataFieldType.GOING]


def held_names(account: Account) -> list[str]:
    """names(), none of which goes before the surrounding write() ends."""
    rows = _rows(account, held=True)
    return list(dict.fromkeys((*USUAL, *(row.name for row in rows if row.type != DataFieldType.GOING))))


def _rows(account: Account, *, held: bool = False) -> list[DataField]:
    rows = (
        select(DataField).where(DataField.account_id == account.id).order_by(DataField.position, DataField.id)
    )
    if held:
        rows = rows.with_for_update(read=True).execution_options(populate_existing=True)
    return list(db.session.scalars(rows))


def ensure(account: Account, wanted: Iterable[str]) -> None:
    """Make the fields that are missing, as text, after those that exist; all stay until the surrounding write() ends.

    Raises TooManyFields, FieldGoing.
    """
    wanted = list(dict.fromkeys(wanted))
    if set(wanted) <= set(USUAL):
        return
    with write():
        # The account is held before its fields, as by who removes one.
        if not set(wanted) <= set(names(account)):
            _make(account, wanted, DataFieldType.TEXT)
        elif not set(wanted) <= set(held_names(account)):
            raise FieldGoing


def create(name: str, type_: str, me: SignedIn) -> None:
    """A field of a name as field_name() makes it. Raises NameTaken, TooManyFields, FieldGoing."""
    with write():
        account = accounts.lock_as_member(me)
        if name in held_names(account):
            raise NameTaken
        _make(account, [name], type_)
        audit.record(Event.FIELD_ADDED, account=account, actor=me.user, field=name)


def _make(account: Account, wanted: list[str], type_: str) -> None:
    """Those of ``wanted`` that the account does not have."""
    session = db.session
    # One after the other, so that two imports cannot make the same field.
    session.execute(select(Account.id).where(Account.id == account.id).with_for_update(key_share=True))
    known = held_names(account)
    missing = [name for name in wanted if name not in known]
    if set(missing) & {field.name for field in going(account)}:
        raise FieldGoing
    if len(known) + len(missing) > MAX_FIELDS:
        raise TooManyFields
    session.add_all(
        DataField(account_id=account.id, name=name, type=type_, position=at)
        for at, name in enumerate(missing, start=len(known) + 1)
    )
    session.flush()
