"""Reading an account's audit log: newest first, a page at a time, by person and by kind."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, union

from extensions import db
from models.account import Account
from models.audit import AuditEvent
from models.user import User
from services.audit import Event, record
from services.audit_events import DECLARED
from services.sessions import SignedIn
from services.unit_of_work import write

PAGE = 25
_BATCH = 1000


@dataclass(frozen=True)
class Filter:
    """``person``: who did it or whom it was about. ``kind``: a heading of services/audit_events.py; "" means any."""

    person: User | None = None
    kind: str = ""

    def ways(self) -> list[list[ColumnElement[bool]]]:
        """Conditions, each with an index that is in order of time; together they find what is wanted."""
        events = [event.value for event, declared in DECLARED.items() if declared.kind == self.kind]
        if self.person is not None:
            of_kind = [AuditEvent.event.in_(events)] if self.kind else []
            return [
                [column == self.person.id, *of_kind]
                for column in (AuditEvent.actor_id, AuditEvent.subject_id)
            ]
        return [[AuditEvent.event == event] for event in events]


@dataclass(frozen=True)
class ActivityPage:
    """``older``: the number to ask for the next page with, None on the last one."""

    events: list[AuditEvent]
    older: int | None


def page(account: Account, wanted: Filter, *, before: int | None = None) -> ActivityPage:
    """Events whose number in the account's chain is below ``before``; the number counts 1, 2, 3 … without a gap."""
    found = _events(account, before, PAGE + 1) if wanted == Filter() else _found(account, wanted, before)
    more = len(found) > PAGE
    shown = found[:PAGE]
    return ActivityPage(shown, shown[-1].number if more else None)


def people(account: Account) -> list[User]:
    """Everyone the log can speak of, those who were removed included, by name."""
    found = db.session.scalars(select(User).where(User.account_id == account.id))
    return sorted(found, key=lambda user: (user.removed_at is not None, user.name.casefold(), user.id))


def download(me: SignedIn) -> Iterator[AuditEvent]:
    """The whole log, newest first, in constant memory. That it was taken is itself the first line."""
    account = me.account
    with write():
        record(Event.ACTIVITY_DOWNLOADED, account=account, actor=me.user)
    return _all_events(account)


def _all_events(account: Account) -> Iterator[AuditEvent]:
    before: int | None = None
    while batch := _events(account, before, _BATCH):
        yield from batch
        before = batch[-1].number
        for event in batch:
            db.session.expunge(event)


def _events(account: Account, before: int | None, limit: int) -> list[AuditEvent]:
    statement = select(AuditEvent).where(AuditEvent.chain == account.public_id)
    if before is not None:
        statement = statement.where(AuditEvent.number < before)
    return list(db.session.scalars(statement.order_by(AuditEvent.number.desc()).limit(limit)))


def _found(account: Account, wanted: Filter, before: int | None) -> list[AuditEvent]:
    """The newest of each way, of which the newest are the page: never the whole log, however rare they are."""
    scope = [AuditEvent.account_id == account.id]
    if before is not None:
        earlier = select(AuditEvent.id).where(
            AuditEvent.chain == account.public_id, AuditEvent.number < before
        )
        scope.append(AuditEvent.id <= earlier.order_by(AuditEvent.number.desc()).limit(1).scalar_subquery())
    newest = union(
        *(
            select(
                select(AuditEvent.id)
                .where(*scope, *way)
                .order_by(AuditEvent.id.desc())
                .limit(PAGE + 1)
                .subquery()
            )
            for way in wanted.ways()
        )
    ).subquery()
    keys = select(newest.c.id).order_by(newest.c.id.desc()).limit(PAGE + 1).subquery()
    statement = select(AuditEvent).join(keys, AuditEvent.id == keys.c.id).order_by(AuditEvent.id.desc())
    return list(db.session.scalars(statement))
