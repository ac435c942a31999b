"""The company's own settings, and the lock under which anything about its people is decided."""

from dataclasses import dataclass

from sqlalchemy import select

from extensions import db
from models.account import Account
from models.user import User
from services.audit import Event, record
from services.sessions import SignedIn
from services.wording import changes


class NotAMember(Exception):
    """Who asks does not belong to the account, or to the site, any more."""


class NotTheOwner(Exception):
    """Who asks is not, or no longer, the owner of this account."""


@dataclass(frozen=True)
class CompanyData:
    """``region``: ISO 3166-1 alpha-2, for numbers typed without a country code. ``time_zone``: IANA name."""

    name: str
    region: str
    time_zone: str


def lock(account: Account) -> Account:
    """Re-read the row and hold it until the surrounding write() ends.

    Whatever depends on who belongs to the account, on their numbers or on its two-factor rule takes this first, so that
    a user being added and two-factor being turned on happen one after the other. Rows that merely point at the account
    (sessions, audit events) are not held up.
    """
    return db.session.execute(
        select(Account)
        .where(Account.id == account.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one()


def lock_as_owner(me: SignedIn) -> Account:
    """The same for an act of the owner. Raises NotTheOwner where ownership or membership ended meanwhile."""
    account = lock(me.account)
    user = lock_member(account, me.user)
    if user is None or not user.is_owner:
        raise NotTheOwner
    return account


def lock_as_member(me: SignedIn) -> Account:
    """The same for an act of anybody who belongs to the account. Raises NotAMember for those removed meanwhile."""
    account = lock(me.account)
    if lock_member(account, me.user) is None:
        raise NotAMember
    return account


def lock_members(account: Account) -> list[User]:
    """Everyone who belongs to the account, oldest first, re-read and held like the account itself."""
    return list(
        db.session.scalars(
            select(User)
            .where(User.account_id == account.id, User.removed_at.is_(None))
            .order_by(User.id)
            .with_for_update(key_share=True, of=User)
            .execution_options(populate_existing=True)
        )
    )


def lock_member(account: Account, user: User) -> User | None:
    """One member, re-read and held; None when they have been removed meanwhile."""
    return db.session.scalars(
        select(User)
        .where(User.id == user.id, User.account_id == account.id, User.removed_at.is_(None))
        .with_for_update(key_share=True, of=User)
        .execution_options(populate_existing=True)
    ).one_or_none()


def find_member(account: Account, public_id: str) -> User | None:
    """A member by public id; nobody of another account, and nobody who was removed."""
    return db.session.scalars(
        select(User).where(
            User.public_id == public_id, User.account_id == account.id, User.removed_at.is_(None)
        )
    ).one_or_none()


def change(me: SignedIn, account: Account, wanted: CompanyData) -> None:
    """Store what differs. Inside the caller's write(), with ``account`` locked."""
    told = []
    if account.name != wanted.name:
        told.append(changes.of(changes.COMPANY, account.name, wanted.name))
        account.name = wanted.name
    if account.region != wanted.region:
        told.append(changes.of(changes.COUNTRY, account.region, wanted.region))
        account.region = wanted.region
    if account.time_zone != wanted.time_zone:
        told.append(changes.of(changes.TIME_ZONE, account.time_zone, wanted.time_zone))
        account.time_zone = wanted.time_zone
    if told:
        record(Event.ACCOUNT_CHANGED, account=account, actor=me.user, changes=changes.kept(told))
