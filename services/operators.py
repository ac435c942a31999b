"""What an operator sets up from the command line: the first owner of an account, and support people.

The rules are those of the pages: the same judgement of passwords, numbers and addresses, the same audit events.
"""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from config import settings
from extensions import db
from models.account import Account
from models.user import Role, User
from services import numbers, passwords
from services.audit import Event, record
from services.clock import now
from services.numbers import MobileNumber
from services.unit_of_work import write


class CannotCreate(ValueError):
    """``str()`` says, to the operator, what to change."""


@dataclass(frozen=True)
class NewPerson:
    """A person to be created, already checked. ``mobile`` may be None for members only."""

    email: str
    name: str
    mobile: MobileNumber | None


def checked_person(email: str, name: str | None, mobile: str | None) -> NewPerson:
    """Raises CannotCreate. A missing name is made of the address."""
    try:
        address = validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as fault:
        raise CannotCreate(f"{email}: not an e-mail address. {fault}") from None
    name = " ".join((name or address.partition("@")[0].replace(".", " ").title()).split())
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise CannotCreate("The name must be 1 to 100 printable characters")
    try:
        number = numbers.parse_mobile(mobile, settings().default_region) if mobile else None
    except numbers.NumberRefused as fault:
        raise CannotCreate(f"{mobile}: {fault}") from None
    return NewPerson(address, name, number)


def existing_owner(account_name: str, person: NewPerson) -> User | None:
    """The owner, if both are there already. Raises CannotCreate when only one of the two is."""
    found = _by_email(person.email)
    if found is not None:
        if found.is_owner and found.account is not None and _same(found.account.name, account_name):
            return found
        raise CannotCreate(
            f"{person.email} is a user of this site already, and not the owner of {account_name!r}"
        )
    if db.session.scalar(select(Account.id).where(func.lower(Account.name) == account_name.lower()).limit(1)):
        raise CannotCreate(f"There is an account {account_name!r} already, with another owner")
    return None


def existing_support(person: NewPerson) -> User | None:
    """The support user, if there already. Raises CannotCreate when the address is a member's."""
    found = _by_email(person.email)
    if found is not None and not found.is_support:
        raise CannotCreate(
            f"{person.email} is a user of an account already; support needs an address of its own"
        )
    return found


def create_owner(account_name: str, person: NewPerson, password: str) -> User:
    """An account and its owner. Raises CannotCreate."""
    account_name = " ".join(account_name.split())
    if not 0 < len(account_name) <= 100 or not account_name.isprintable():
        raise CannotCreate("The account's name must be 1 to 100 printable characters")
    hashed = _hashed(password, person, account_name)
    moment = now()
    with write() as session:
        if existing_owner(account_name, person) is not None:
            raise CannotCreate(f"{person.email} was created by somebody else a moment ago")
        config = settings()
        account = Account(
            name=account_name, region=config.default_region, time_zone=config.time_zone, created_at=moment
        )
        session.add(account)
        session.flush()
        owner = _user(person, Role.OWNER, hashed, account)
        session.add(owner)
        session.flush()
        record(Event.ACCOUNT_CREATED, account=account, actor=None, actor_label="command line", subject=owner)
    return owner


def create_support_admin(person: NewPerson, password: str) -> User:
    """A support user; they always sign in with a code, so a number is required. Raises CannotCreate."""
    if person.mobile is None:
        raise CannotCreate("A support admin needs a mobile number: they always sign in with a code")
    hashed = _hashed(password, person)
    with write() as session:
        if _by_email(person.email) is not None:
            raise CannotCreate(f"{person.email} was created by somebody else a moment ago")
        user = _user(person, Role.SUPPORT, hashed, None)
        session.add(user)
        session.flush()
        record(Event.SUPPORT_CREATED, account=None, actor=None, actor_label="command line", subject=user)
    return user


def _user(person: NewPerson, role: Role, hashed: str, account: Account | None) -> User:
    moment = now()
    return User(
        account_id=account.id if account else None,
        email=person.email,
        name=person.name,
        role=role,
        password_hash=hashed,
        password_changed_at=moment,
        mobile_number=person.mobile.e164 if person.mobile else None,
        mobile_number_typed=person.mobile.typed if person.mobile else None,
        created_at=moment,
    )


def _hashed(password: str, person: NewPerson, *more: str) -> str:
    try:
        passwords.check_new_password(password, [person.email, person.name, *more])
    except passwords.PasswordRefused as fault:
        raise CannotCreate(str(fault)) from None
    return passwords.hash_password(password)


def _by_email(email: str) -> User | None:
    statement = select(User).where(User.email == email).options(joinedload(User.account))
    return db.session.scalars(statement.execution_options(populate_existing=True)).first()


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
