"""What support may see of an account: enough to judge a request, and no contacts, no exports, no whole number."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select, tuple_

from extensions import db
from models.account import Account
from models.audit import AuditEvent
from models.support import SupportRequest
from models.user import Role, User
from services.audit import Event, record
from services.audit_events import DECLARED
from services.clock import now
from services.codes import purpose_in_words
from services.sessions import SignedIn
from services.unit_of_work import write

PAGE_SIZE = 25
PEOPLE_SHOWN = 50
EVENTS_SHOWN = 25
QUERY_MAX = 100
#: A look at an account is recorded once in this time for a session, however often its pages are read.
_LOOK_LASTS = timedelta(hours=1)
#: What an account sends and keeps is none of support's business.
_KINDS_NOT_SHOWN = {"Contacts", "Exports"}


@dataclass(frozen=True)
class Found:
    """One line of the list of accounts."""

    account: Account
    open_requests: int


@dataclass(frozen=True)
class Page:
    """``before`` and ``after`` are the ids from which the neighbouring pages go on; "" where there is none."""

    rows: list[Found]
    before: str = ""
    after: str = ""


def search(query: str, *, before: str = "", after: str = "") -> Page:
    """Accounts by name: all, or those whose name holds ``query`` or that have a user whose address begins with it."""
    place = (func.lower(Account.name), Account.id)
    backwards = bool(before)
    open_requests = (
        select(func.count())
        .where(SupportRequest.account_id == Account.id, SupportRequest.state == "open")
        .scalar_subquery()
    )
    statement = select(Account, open_requests).limit(PAGE_SIZE + 1)
    statement = statement.order_by(*(part.desc() for part in place) if backwards else place)
    if query:
        statement = statement.where(_matches(query))
    cursor = _place_of(before or after)
    if cursor is not None:
        here = tuple_(*place)
        statement = statement.where(here < cursor if backwards else here > cursor)
    found = [Found(account, count) for account, count in db.session.execute(statement)]
    rows, more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    if not rows:
        return Page([])
    if backwards:
        rows.reverse()
        return Page(rows, before=rows[0].account.public_id if more else "", after=rows[-1].account.public_id)
    return Page(
        rows,
        before=rows[0].account.public_id if cursor is not None else "",
        after=rows[-1].account.public_id if more else "",
    )


def _matches(query: str) -> ColumnElement[bool]:
    has_user = select(User.account_id).where(
        User.email.startswith(query.lower(), autoescape=True), User.removed_at.is_(None)
    )
    # SQLite knows upper and lower case of ASCII letters only; the spellings people type cover the rest.
    spellings = {query, query.lower(), query.upper(), query.title()}
    return or_(
        *(Account.name.icontains(text, autoescape=True) for text in spellings), Account.id.in_(has_user)
    )


def _place_of(public_id: str) -> tuple[str, int] | None:
    row = db.session.execute(
        select(func.lower(Account.name), Account.id).where(Account.public_id == public_id)
    ).first() if public_id else None  # fmt: skip
    return (row[0], row[1]) if row else None


def find(public_id: str) -> Account | None:
    return db.session.scalars(
        select(Account).where(Account.public_id == public_id).execution_options(populate_existing=True)
    ).first()


def find_by_name(name: str) -> list[Account]:
    """All accounts of exactly this name."""
    return list(
        db.session.scalars(select(Account).where(Account.name == name).order_by(Account.id).limit(10))
    )


def people(account: Account, query: str = "") -> tuple[list[User], bool]:
    """The owner, then the others by name, PEOPLE_SHOWN at most; and whether there are more."""
    statement = (
        select(User)
        .where(User.account_id == account.id, User.removed_at.is_(None))
        .order_by((User.role != Role.OWNER), func.lower(User.name), User.id)
        .limit(PEOPLE_SHOWN + 1)
    )
    if query:
        statement = statement.where(
            or_(
                User.name.icontains(query, autoescape=True),
                User.email.startswith(query.lower(), autoescape=True),
            )
        )
    rows = list(db.session.scalars(statement))
    return rows[:PEOPLE_SHOWN], len(rows) > PEOPLE_SHOWN


def recent_events(account: Account) -> list[AuditEvent]:
    """The newest security events, without what concerns contacts: also without codes that were for an export."""
    shown = [event.value for event, declared in DECLARED.items() if declared.kind not in _KINDS_NOT_SHOWN]
    newest = db.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.account_id == account.id, AuditEvent.event.in_(shown))
        .order_by(AuditEvent.id.desc())
        .limit(4 * EVENTS_SHOWN)
    )
    about_exports = purpose_in_words("contacts.export")
    return [event for event in newest if event.details.get("purpose") != about_exports][:EVENTS_SHOWN]


def record_look(me: SignedIn, account: Account) -> None:
    """Write into the account's log that support looked at it: once an hour for each session.

    The page is shown only after this is committed: no look without its record.
    """
    if _has_looked(me, account):
        return
    with write() as session:
        session.execute(select(Account.id).where(Account.id == account.id).with_for_update(key_share=True))
        if not _has_looked(me, account):  # two tabs opened at once
            record(Event.SUPPORT_LOOKED, account=account, actor=me.user)


def _has_looked(me: SignedIn, account: Account) -> bool:
    since = max(me.session.created_at, now() - _LOOK_LASTS)
    found = db.session.scalar(
        select(AuditEvent.id)
        .where(
            AuditEvent.account_id == account.id,
            AuditEvent.actor_id == me.user.id,
            AuditEvent.event == Event.SUPPORT_LOOKED.value,
            AuditEvent.at >= since,
        )
        .limit(1)
    )
    return found is not None
