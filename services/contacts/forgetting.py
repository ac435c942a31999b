"""Removing a data field: nothing shows it any more at once, and a worker takes its values out of every contact.

A few contacts at a time, so that nobody waits for it. An import that would bring the field back is tried again later;
one that is on its way is let come to its end first.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Update, cast, func, literal, select, type_coerce, update

from extensions import db
from models.account import Account
from models.contact import Contact, DataField, DataFieldType
from models.contact_import import ContactImport
from models.job import Job
from models.types import Json
from services import accounts, audit
from services.audit import Event
from services.contacts import turns
from services.jobs import Lease, enqueue
from services.sessions import SignedIn
from services.unit_of_work import changed, write

JOB = "contacts.forget_field"
#: Contacts that one transaction looks at.
BATCH = 1000


class ImportRunning(Exception):
    """A file is coming in, and could bring the values back behind the worker."""


def remove(field: DataField, me: SignedIn) -> None:
    """From here on no page, import or export knows it. Done already: nothing happens. Raises ImportRunning."""
    with write() as session:
        account = accounts.lock_as_member(me)
        found = session.get(DataField, field.id, populate_existing=True, with_for_update=True)
        if found is None or found.type == DataFieldType.GOING:
            return
        coming = select(ContactImport.id).where(
            ContactImport.account_id == account.id, ContactImport.state == "running"
        )
        if session.scalar(coming.limit(1)) is not None:
            raise ImportRunning
        found.type = DataFieldType.GOING
        session.flush()
        audit.record(Event.FIELD_REMOVED, account=account, actor=me.user, field=found.name)
        enqueue(JOB, field=found.id)


def run_forget(job: Job, lease: Lease) -> None:
    """From the beginning each time: where nothing is left of it, nothing is written."""
    field = db.session.get(DataField, job.params["field"], populate_existing=True)
    if field is None or field.type != DataFieldType.GOING:
        return
    reached: int | None = 0
    while reached is not None:
        reached = _forget(field, reached, lease)
    with write() as session:
        lease.renew()
        session.delete(session.get_one(DataField, field.id))


def given_up(job: Job, _: str) -> None:
    """The worker failed too often: the field is there again, with what is left of it. Inside write()."""
    with write():
        changed(
            update(DataField)
            .where(DataField.id == job.params["field"], DataField.type == DataFieldType.GOING)
            .values(type=DataFieldType.TEXT)
        )


def _forget(field: DataField, reached: int, lease: Lease) -> int | None:
    """Take it out of the next contacts behind the key ``reached``. The last of them; None at the end."""
    with write() as session:
        lease.renew()
        turns.take(field.account_id)
        keys = session.scalars(
            select(Contact.id)
            .where(Contact.account_id == field.account_id, Contact.id > reached)
            .order_by(Contact.id)
            .limit(BATCH)
        ).all()
        if not keys:
            return None
        changed(_taking_out(field, keys[0], keys[-1]))
    return keys[-1]


def _taking_out(field: DataField, first: int, last: int) -> Update:
    data = Contact.__table__.c.data
    without: Any
    if db.session.get_bind().dialect.name == "postgresql":
        holds: ColumnElement[bool] = func.jsonb_exists(data, field.name)
        without = data.op("-")(literal(field.name))
    else:
        path = f'$."{field.name}"'
        holds = func.json_type(data, path).is_not(None)
        without = func.json_remove(data, path)
    return (
        update(Contact)
        .where(Contact.account_id == field.account_id, Contact.id.between(first, last), holds)
        .values(data=type_coerce(without, Json))
    )


#: Contacts at each end of the account, oldest and newest, that are looked at to tell how many hold a field.
SAMPLE = 1000


def holders(account: Account, field: DataField, total: int) -> tuple[int, bool]:
    """How many of ``total`` contacts hold a value, and whether that is exact: many are judged by both ends."""
    found, looked = 0, 0
    for order in (Contact.id, Contact.id.desc()):
        some = (
            select(Contact.__table__.c.data)
            .where(Contact.account_id == account.id)
            .order_by(order)
            .limit(SAMPLE)
            .subquery()
        )
        holding = func.sum(cast(func.coalesce(_text(some.c.data, field.name), "") != "", Integer))
        count, held = db.session.execute(select(func.count(), holding).select_from(some)).one()
        found, looked = found + int(held or 0), looked + count
        if total <= SAMPLE:
            return found, True
    return min(total, round(total * found / looked)) if looked else 0, False


def _text(data: Any, name: str) -> Any:
    if db.session.get_bind().dialect.name == "postgresql":
        return data.op("->>")(literal(name))
    return func.json_extract(data, f'$."{name}"')
