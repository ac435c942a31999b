"""Demo data: two companies, one with two-factor authentication on, and somebody from support."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from config import settings
from extensions import db
from models.account import Account
from models.contact import Contact
from models.user import Role, User
from services import passwords
from services.audit import Event, record
from services.clock import now
from services.unit_of_work import write

PASSWORD = "demo-password-2026"  # noqa: S105  # meant to be known; seed-demo refuses in production

_BOREALIS_ON_SINCE = datetime(2026, 9, 14, 8, 30, tzinfo=UTC)


@dataclass(frozen=True)
class _Person:
    email: str
    name: str
    role: Role
    #: E.164, and as they would type it; "" for none.
    mobile: str = ""
    typed: str = ""
    can_export: bool = False


@dataclass(frozen=True)
class _Company:
    name: str
    people: tuple[_Person, ...]
    lists: tuple[str, ...]
    #: Its share of the contacts that were asked for.
    share: float
    seed: int
    two_factor_since: datetime | None = None


_ACME = _Company(
    "Acme Retail",
    (
        _Person("owner@acme.example", "Dana Whitfield", Role.OWNER, "+447400123456", "07400 123456"),
        _Person("ana@acme.example", "Ana Souza", Role.USER, "+447400123457", "07400 123457", can_export=True),
        _Person("ben@acme.example", "Ben Carter", Role.USER),
    ),
    ("Newsletter", "Customers"),
    share=1.0,
    seed=1,
)
_BOREALIS = _Company(
    "Borealis Travel",
    (
        _Person("owner@borealis.example", "Oskar Lindqvist", Role.OWNER, "+447400123460", "07400 123460"),
        _Person(
            "cleo@borealis.example",
            "Cleo Papadaki",
            Role.USER,
            "+447400123461",
            "07400 123461",
            can_export=True,
        ),
    ),
    ("Travellers",),
    share=0.5,
    seed=2,
    two_factor_since=_BOREALIS_ON_SINCE,
)
_SUPPORT = _Person("support@countersign.example", "Sam Okafor", Role.SUPPORT, "+447400123470", "07400 123470")
_COMPANIES = (_ACME, _BOREALIS)


def seed(contacts: int) -> list[str]:
    """Add what is missing; a line for each thing made. ``contacts``: how many in Acme Retail, Borealis gets half."""
    lines = []
    for company in _COMPANIES:
        account = _account_of(company)
        if account is None:
            account = _create(company)
            state = "on" if account.two_factor_on else "off"
            lines.append(
                f"Account {company.name} with {len(company.people)} people; two-factor authentication {state}"
            )
        count = int(contacts * company.share)
        if count and not _has_contacts(account):
            lines.append(_add_contacts(account, company, count))
    if _find(_SUPPORT) is None:
        with write():
            person = _add(_SUPPORT, None, confirmed=True)
            record(
                Event.SUPPORT_CREATED, account=None, actor=None, actor_label="command line", subject=person
            )
        lines.append(f"Support admin {_SUPPORT.name}")
    return lines


def sign_ins() -> list[str]:
    """Who can sign in, a line each."""
    people = [(person, company.name) for company in _COMPANIES for person in company.people]
    roles = {Role.OWNER: "owner", Role.USER: "user", Role.SUPPORT: "support"}
    return [
        f"{person.email:<30} {roles[person.role]:<8} {where:<16} {person.mobile or 'no mobile number'}"
        for person, where in [*people, (_SUPPORT, "")]
    ]


def _create(company: _Company) -> Account:
    since = company.two_factor_since
    owner = company.people[0]
    with write() as session:
        account = Account(
            name=company.name,
            region="GB",
            time_zone=settings().time_zone,
            created_at=min(now(), since) if since else now(),
            two_factor_enabled_at=since,
            two_factor_enabled_by=owner.name if since else None,
        )
        session.add(account)
        session.flush()
        people = [_add(person, account, confirmed=since is not None) for person in company.people]
        record(
            Event.ACCOUNT_CREATED, account=account, actor=None, actor_label="command line", subject=people[0]
        )
        if since:
            record(Event.TWO_FACTOR_ON, account=account, actor=people[0])
    return account


def _add(person: _Person, account: Account | None, *, confirmed: bool) -> User:
    """Inside write()."""
    moment = now()
    user = User(
        account_id=account.id if account else None,
        email=person.email,
        name=person.name,
        role=person.role,
        can_export=person.can_export,
        password_hash=passwords.hash_password(PASSWORD),
        password_changed_at=moment,
        mobile_number=person.mobile or None,
        mobile_number_typed=person.typed or None,
        mobile_confirmed_at=moment if confirmed and person.mobile else None,
        created_at=moment,
    )
    db.session.add(user)
    db.session.flush()
    return user


def _add_contacts(account: Account, company: _Company, count: int) -> str:
    from services.demo_contacts import make_contacts

    make_contacts(account, count, list(company.lists), company.seed)
    where = " and ".join(company.lists)
    return f"{count:,} contacts in {company.name}, on {where}"


def _account_of(company: _Company) -> Account | None:
    owner = _find(company.people[0])
    return db.session.get(Account, owner.account_id) if owner and owner.account_id else None


def _find(person: _Person) -> User | None:
    return db.session.scalars(select(User).where(User.email == person.email)).first()


def _has_contacts(account: Account) -> bool:
    statement = select(Contact.id).where(Contact.account_id == account.id).limit(1)
    return db.session.scalar(statement) is not None
