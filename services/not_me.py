"""The link "this was not me" of every notice. It closes what is open for one person, once, and does nothing else."""

from extensions import db
from models.account import Account
from models.link import Link
from models.user import User
from services import links, notices
from services.audit import Event, record
from services.outbox import queue_mail
from services.revocation import shut_every_door
from services.unit_of_work import write


def find(token: str) -> tuple[Link, User] | None:
    """The link and whom it is for, while it can be used."""
    link = links.find(token, links.NOT_ME)
    user = db.session.get(User, link.user_id, populate_existing=True) if link else None
    if link is None or user is None or user.removed_at is not None:
        return None
    return link, user


def report(link: Link, user: User) -> bool:
    """End every session, trusted browser and open code of ``user``; tell their owner. True for exactly one caller."""
    with write():
        if not links.spend(link):
            return False
        shut_every_door(user, "this was not me")
        account = db.session.get(Account, user.account_id) if user.account_id else None
        record(Event.NOT_ME_REPORTED, account=account, actor=user, subject=user)
        record(Event.EVERYTHING_REVOKED, account=account, actor=user)
        if account is not None:
            owner = notices.owner_of(account)
            queue_mail("not_me_told", to=owner.email, user=owner, name=user.name, own=owner.id == user.id)
    return True
