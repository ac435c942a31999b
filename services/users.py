"""The people of an account, as its owner manages them: invite, change, remove."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from extensions import db
from models.account import Account
from models.user import Role, User
from services import accounts, limits, links, mobile_numbers, notices, ownership, step_up
from services.audit import Event, record
from services.clock import now
from services.exports import long
from services.integrity import violated
from services.numbers import MobileNumber
from services.revocation import shut_every_door
from services.sessions import SignedIn
from services.sign_in import canonical_email
from services.unit_of_work import write
from services.wording import approvals, changes

ADD = "users.add"
CHANGE = "users.change"
REMOVE = "users.remove"


class EmailTaken(ValueError):
    """Somebody signs in with this address already, in this account or another."""


class NumberRequired(ValueError):
    """Two-factor authentication is on: nobody may be without a number."""


class UserGone(LookupError):
    """Removed meanwhile, or not someone the owner may change (the owner's own row)."""


class InvitationAccepted(Exception):
    """There is nothing to invite to any more."""


@dataclass(frozen=True)
class Wanted:
    """``number`` None: without one. ``email`` in any case."""

    name: str
    email: str
    number: MobileNumber | None
    can_export: bool

    @property
    def e164(self) -> str | None:
        return self.number.e164 if self.number else None


def all_of(account: Account) -> list[User]:
    """Everyone of the account, the owner first, then by name."""
    people = db.session.scalars(select(User).where(User.account_id == account.id, User.removed_at.is_(None)))
    return sorted(people, key=lambda user: (not user.is_owner, user.name.casefold(), user.id))


def invite(me: SignedIn, wanted: Wanted) -> User:
    """Add a user and mail them a link to choose a password.

    Raises EmailTaken, NumberRequired, limits.LimitExceeded, and step_up.StepUpFirst: with two-factor on, a new user who
    may export is a way around every other user's phone, so adding one needs the owner's.

    That an address is in use must be said to the owner, who could otherwise not go on. It tells that somebody somewhere
    has it, so tries are counted, right ones and wrong ones alike.
    """
    limits.hit("invitations_account", me.account.id)
    try:
        with write() as session:
            return _add(me, session, wanted)
    except IntegrityError as exc:  # another account was quicker
        raise _email_taken(exc) from None


def _add(me: SignedIn, session: Session, wanted: Wanted) -> User:
    account = accounts.lock_as_owner(me)
    email = canonical_email(wanted.email)
    if account.two_factor_on and wanted.number is None:
        raise NumberRequired
    if _is_taken(email):
        raise EmailTaken
    scope = step_up.exactly(account.public_id, email, wanted.name, wanted.e164, wanted.can_export)
    step_up.spend(me, ADD, scope, approvals.add_user(email, may_export=wanted.can_export))
    user = User(
        account_id=account.id,
        name=wanted.name,
        email=email,
        role=Role.USER,
        can_export=wanted.can_export,
        mobile_number=wanted.e164,
        mobile_number_typed=wanted.number.typed if wanted.number else None,
        created_at=now(),
    )
    session.add(user)
    session.flush()
    record(Event.USER_INVITED, account=account, actor=me.user, subject=user)
    notices.invitation(user, account, me.user)
    notices.user_added(account, user, me.user)
    return user


def invite_again(me: SignedIn, user: User) -> None:
    """A fresh link; the one before it dies. Raises InvitationAccepted, UserGone, limits.LimitExceeded."""
    with write():
        account = accounts.lock_as_owner(me)
        fresh = _lock_other(account, user)
        if fresh.password_hash is not None:
            raise InvitationAccepted
        limits.hit("invitations_account", account.id)
        limits.hit("mail_address", fresh.email)
        record(Event.USER_INVITED, account=account, actor=me.user, subject=fresh)
        notices.invitation(fresh, account, me.user)


def change(me: SignedIn, user: User, wanted: Wanted) -> bool:
    """Store what differs, all or nothing. True if anything did.

    Raises EmailTaken, NumberRequired, UserGone, limits.LimitExceeded, and step_up.StepUpFirst for anything that more
    than a name depends on.
    """
    try:
        with write():
            account = accounts.lock_as_owner(me)
            return _change(me, account, _lock_other(account, user), wanted)
    except IntegrityError as exc:
        raise _email_taken(exc) from None


def changes_sign_in(user: User, wanted: Wanted) -> bool:
    """Whether the change concerns the address or the number they sign in with (services/reauthentication.py)."""
    return canonical_email(wanted.email) != user.email or wanted.e164 != user.mobile_number


def _change(me: SignedIn, account: Account, user: User, wanted: Wanted) -> bool:
    email = canonical_email(wanted.email)
    new_email, new_right = email != user.email, wanted.can_export != user.can_export
    new_number = wanted.e164 != user.mobile_number
    if account.two_factor_on and wanted.number is None:
        raise NumberRequired
    if new_email and _is_taken(email):
        raise EmailTaken
    if new_email or new_right or new_number:
        scope = step_up.exactly(user.public_id, email, wanted.name, wanted.e164, wanted.can_export)
        step_up.spend(me, CHANGE, scope, _told(user, wanted))
    told = []
    if user.name != wanted.name:
        told.append(changes.of(changes.NAME, user.name, wanted.name))
        user.name = wanted.name
    if new_right:
        told.append(changes.of(changes.MAY_EXPORT if wanted.can_export else changes.MAY_NOT_EXPORT))
        user.can_export = wanted.can_export
        if not wanted.can_export:
            long.end_all_of(user, account, long.RIGHT_LOST)
    if new_email:
        told.append(changes.of(changes.EMAIL, user.email, email))
    if told:
        record(Event.USER_CHANGED, account=account, actor=me.user, subject=user, changes=changes.kept(told))
    if new_email:
        _change_email(me, account, user, email)
    if new_right:
        notices.export_right_changed(user, may=wanted.can_export, by=me.user)
    another_number = mobile_numbers.set_for_user(account, user, wanted.number, by=me.user)
    if new_email or new_right:
        shut_every_door(user, "changed by the owner")
    return bool(told) or another_number


def _told(user: User, wanted: Wanted) -> str:
    """The change for the owner's text."""
    new_right = wanted.can_export if wanted.can_export != user.can_export else None
    email = canonical_email(wanted.email)
    new_email = email if email != user.email else None
    new_number = (wanted.e164 or "") if wanted.e164 != user.mobile_number else None
    if new_number and new_right is None and new_email is None:
        return approvals.change_number(user.name, new_number)
    return approvals.change_user(user.name, may_export=new_right, email=new_email, number=new_number)


def _change_email(me: SignedIn, account: Account, user: User, email: str) -> None:
    old, user.email = user.email, email
    db.session.flush()
    if user.password_hash is None:  # the invitation went to the old address and must not work any more
        notices.invitation(user, account, me.user)
    else:
        notices.email_changed(user, old=old, by=me.user)


def remove(me: SignedIn, user: User) -> None:
    """Their sessions, trusted browsers, codes and links end; their address is free again. What they did stays recorded.

    Raises UserGone, step_up.StepUpFirst.
    """
    with write():
        account = accounts.lock_as_owner(me)
        gone = _lock_other(account, user)
        step_up.spend(me, REMOVE, gone.public_id, approvals.remove_user(gone.name))
        record(Event.USER_REMOVED, account=account, actor=me.user, subject=gone)
        ownership.end_offers_to(gone, account, by=me.user)
        email = gone.email
        gone.email = f"{email}#removed-{gone.id}"
        gone.removed_at = now()
        gone.password_hash = None
        gone.can_export = False
        long.end_all_of(gone, account, long.RIGHT_LOST)
        gone.mobile_number = gone.mobile_number_typed = gone.mobile_confirmed_at = None
        shut_every_door(gone, "user removed")
        links.void_all(gone, links.INVITATION)
        notices.removed(gone, account, me.user, email)


def _lock_other(account: Account, user: User) -> User:
    fresh = accounts.lock_member(account, user)
    if fresh is None or fresh.is_owner:
        raise UserGone
    return fresh


def _is_taken(email: str) -> bool:
    return db.session.scalar(select(User.id).where(User.email == email)) is not None


def _email_taken(exc: IntegrityError) -> Exception:
    return EmailTaken() if violated(exc) == "uq_users_email" else exc
