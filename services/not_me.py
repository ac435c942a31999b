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
    return links.follow(token, links.NOT_ME)


def report(link: Link, user: User) -> bool:
    """End every session, trusted browser and open code of ``user``; tell their owner. True for exactly one caller.

    Whoever knows the password can still use it: the link to set a new one is mailed in the same act.
    """
    with write():
        if not links.spend(link):
            return False
        shut_every_door(user, "this was not me")
        account = db.session.get(Account, user.account_id) if user.account_id else None
        record(Event.NOT_ME_REPORTED, account=account, actor=user, subject=user)
        record(Event.EVERYTHING_REVOKED, account=account, actor=user)
        if user.password_hash is not None:
            notices.reset_link(user)
        if account is not None:
            owner = notices.owner_of(account)
            queue_mail("not_me_told", to=owner.email, user=owner, name=user.name, own=owner.id == user.id)
    return True
