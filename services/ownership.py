"""Handing the account to another of its users: offered by the owner, accepted by the user, a code on either side."""

from datetime import timedelta

from sqlalchemy import select, update

from extensions import db
from models.account import Account
from models.ownership import OwnershipTransfer
from models.user import Role, User
from services import accounts, notices, sessions, step_up
from services.audit import Event, record
from services.clock import now
from services.exports import long
from services.language import gettext as _
from services.revocation import shut_every_door
from services.sessions import SignedIn
from services.unit_of_work import changed, write
from services.wording import approvals

OFFER = "ownership.offer"
ACCEPT = "ownership.accept"
OFFER_DAYS = 7


class CannotOffer(ValueError):
    """``str()`` says why, to the owner."""


class OfferGone(LookupError):
    """Withdrawn, answered, too old, or never made to this person."""


def open_offer(account: Account) -> OwnershipTransfer | None:
    return db.session.scalars(
        select(OwnershipTransfer).where(
            OwnershipTransfer.account_id == account.id,
            OwnershipTransfer.state == "offered",
            OwnershipTransfer.expires_at > now(),
        )
    ).one_or_none()


def offer_to(user: User) -> OwnershipTransfer | None:
    """The open offer that ``user`` may answer."""
    if user.account is None:
        return None
    found = open_offer(user.account)
    return found if found is not None and found.to_user_id == user.id else None


def giver(standing: OwnershipTransfer) -> User | None:
    """Who offered it."""
    return db.session.get(User, standing.from_user_id)


def offer(me: SignedIn, user: User) -> None:
    """Offering twice changes nothing. Raises CannotOffer, step_up.StepUpFirst."""
    with write() as session:
        account = accounts.lock_as_owner(me)
        heir = accounts.lock_member(account, user)
        if heir is None or heir.is_owner:
            raise CannotOffer(_("This user cannot become the account owner"))
        if heir.password_hash is None:
            raise CannotOffer(_("%(name)s has not accepted the invitation yet", name=heir.name))
        standing = open_offer(account)
        if standing is not None:
            if standing.to_user_id == heir.id:
                return
            raise CannotOffer(_("You have offered the account to somebody else. Withdraw that offer first"))
        step_up.spend(me, OFFER, heir.public_id, approvals.offer_account(heir.name))
        _end_expired(account)
        moment = now()
        session.add(
            OwnershipTransfer(
                account_id=account.id,
                from_user_id=me.user.id,
                to_user_id=heir.id,
                created_at=moment,
                expires_at=moment + timedelta(days=OFFER_DAYS),
            )
        )
        record(Event.OWNERSHIP_OFFERED, account=account, actor=me.user, subject=heir)
        notices.ownership_offered(account, by=me.user, to=heir)


def withdraw(me: SignedIn) -> bool:
    """False when there was nothing to withdraw."""
    with write():
        account = accounts.lock_as_owner(me)
        standing = open_offer(account)
        if standing is None:
            return False
        heir = db.session.get(User, standing.to_user_id)
        _end(standing, "withdrawn")
        record(
            Event.OWNERSHIP_ENDED, account=account, actor=me.user, subject=heir, how="withdrawn by the owner"
        )
        return True


def decline(me: SignedIn) -> None:
    """Raises OfferGone, accounts.NotAMember."""
    with write():
        account = accounts.lock_as_member(me)
        standing = _mine(me)
        _end(standing, "declined")
        record(Event.OWNERSHIP_ENDED, account=account, actor=me.user, subject=me.user, how="declined")


def accept(me: SignedIn) -> SignedIn:
    """The roles change places, in one transaction. Both sign in again, but for this session.

    With two-factor on, the new owner's number is a proved one: the code has just come to it.
    Raises OfferGone, step_up.StepUpFirst.
    """
    with write() as session:
        account = accounts.lock(me.account)
        members = {user.id: user for user in accounts.lock_members(account)}
        if me.user.id not in members:
            raise OfferGone
        standing = _mine(me)
        before = members.get(standing.from_user_id)
        if before is None or not before.is_owner:
            raise OfferGone
        step_up.spend(me, ACCEPT, standing.public_id, approvals.become_owner(account.name))
        _end(standing, "accepted")
        before.role = Role.USER
        session.flush()  # first: the database allows one owner at any moment
        me.user.role = Role.OWNER
        session.flush()
        record(Event.OWNERSHIP_ACCEPTED, account=account, actor=me.user, subject=before)
        if not before.may_export:
            long.end_all_of(before, account, long.RIGHT_LOST)
        shut_every_door(before, "ownership changed")
        shut_every_door(me.user, "ownership changed", keep=me.session)
        notices.ownership_changed(account, old=before, new=me.user)
        return sessions.renew(me)


def end_offers_to(user: User, account: Account, *, by: User) -> None:
    """They are being removed; nothing may wait for their answer. Inside the caller's write()."""
    standing = open_offer(account)
    if standing is not None and standing.to_user_id == user.id:
        _end(standing, "withdrawn")
        record(Event.OWNERSHIP_ENDED, account=account, actor=by, subject=user, how="the user was removed")


def _mine(me: SignedIn) -> OwnershipTransfer:
    standing = offer_to(me.user)
    if standing is None:
        raise OfferGone
    return standing


def _end(standing: OwnershipTransfer, state: str) -> None:
    ended = changed(
        update(OwnershipTransfer)
        .where(OwnershipTransfer.id == standing.id, OwnershipTransfer.state == "offered")
        .values(state=state, ended_at=now())
    )
    if ended != 1:
        raise OfferGone


def _end_expired(account: Account) -> None:
    """An offer that nobody answered still holds the one open place."""
    changed(
        update(OwnershipTransfer)
        .where(
            OwnershipTransfer.account_id == account.id,
            OwnershipTransfer.state == "offered",
            OwnershipTransfer.expires_at <= now(),
        )
        .values(state="withdrawn", ended_at=now())
    )
