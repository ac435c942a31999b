"""Telling people. Every security change is told in one place, in the transaction that makes it."""

from typing import Any

from sqlalchemy import select

from config import settings
from extensions import db
from models.account import Account
from models.export import Export
from models.user import Role, User
from services import language, links, sending
from services.clock import now
from services.numbers import masked
from services.origin import current_origin
from services.outbox import queue_mail, queue_sms

_NOT_ME_LIFETIME = 7 * 86400


def _mail(template: str, user: User, **params: Any) -> None:
    """A notice with a one-use "this was not me" link, which only closes things."""
    link = links.create(user, links.NOT_ME, lifetime=_NOT_ME_LIFETIME)
    queue_mail(
        template,
        to=user.email,
        user=user,
        link=link,
        at=now().isoformat(),
        address=current_origin().address,
        **params,
    )


def owner_of(account: Account) -> User:
    return db.session.scalars(
        select(User).where(User.account_id == account.id, User.role == Role.OWNER)
    ).one()


def members_of(account: Account) -> list[User]:
    """Everyone who belongs to the account, the owner first."""
    people = db.session.scalars(
        select(User).where(User.account_id == account.id, User.removed_at.is_(None)).order_by(User.id)
    )
    return sorted(people, key=lambda user: not user.is_owner)


def new_browser(user: User, *, with_code: bool = True, failures: int = 0) -> None:
    """``failures``: wrong passwords before it."""
    _mail("new_browser", user, browser=current_origin().user_agent, with_code=with_code, failures=failures)


def unusual_sign_in(user: User, *, failures: int) -> None:
    """After many wrong passwords, from a browser that is known."""
    _mail("unusual_sign_in", user, browser=current_origin().user_agent, failures=failures)


def signed_out(user: User, *, by: str, reason: str = "") -> None:
    """Somebody else ended their sessions; ``by``: their owner's name, "" for support."""
    _mail("signed_out", user, by=by, reason=reason)


def code_failed(user: User, *, failures: int) -> None:
    """Somebody knows the password and not the code."""
    _mail("code_failed", user, failures=failures, browser=current_origin().user_agent)


def called(user: User, *, number: str, purpose: str) -> None:
    """A code goes to their number by call, which a phone may forward."""
    _mail("called", user, number=number, purpose=purpose, browser=current_origin().user_agent)


def codes_paused(user: User, *, failures: int) -> None:
    _mail("codes_paused", user, failures=failures)


def codes_stopped(user: User, account: Account | None, *, failures: int) -> None:
    """To the person, and to the owner, who can bind the number again."""
    _mail("codes_stopped", user, failures=failures, owns=user.is_owner, is_support=account is None)
    if account is not None and not user.is_owner:
        _mail("codes_stopped_owner", owner_of(account), name=user.name, email=user.email, failures=failures)


def sim_changed(user: User, account: Account | None, *, number: str, hours: int) -> None:
    """To the person, and to the owner, who can enter another number for them."""
    _mail("sim_changed", user, number=number, hours=hours, owns=user.is_owner, is_support=account is None)
    if account is not None and not user.is_owner:
        _mail(
            "sim_changed_owner",
            owner_of(account),
            name=user.name,
            email=user.email,
            number=number,
            hours=hours,
        )


def account_codes_paused(account: Account) -> None:
    _mail("account_codes_paused", owner_of(account), account_name=account.name)


def number_bound_again(user: User, *, by: str) -> None:
    """``by``: "owner", "support", or "operator": whoever runs the site."""
    _mail("number_bound_again", user, by=by, number=masked(user.mobile_number) if user.mobile_number else "")


def password_changed(user: User) -> None:
    _mail("password_changed", user)


def reset_link(user: User) -> None:
    lifetime = settings().reset_lifetime
    links.void_all(user, links.PASSWORD_RESET)
    link = links.create(user, links.PASSWORD_RESET, lifetime=lifetime)
    queue_mail(
        "reset", to=user.email, user=user, link=link, expires_at=link.expires_at, minutes=lifetime // 60
    )


def invitation(user: User, account: Account, by: User) -> None:
    lifetime = settings().invitation_lifetime
    links.void_all(user, links.INVITATION)
    link = links.create(user, links.INVITATION, lifetime=lifetime)
    told = queue_mail(
        "invitation", to=user.email, user=user, link=link, expires_at=link.expires_at,
        account_name=account.name, by=by.name, days=lifetime // 86400,
    )  # fmt: skip
    # Nothing is known of them yet; whoever invites them knows how they speak to each other.
    told.language = user.language or language.current()


def _texts(template: str, people: list[User], **params: Any) -> None:
    """A notice by text to everyone with a number, as far as one phone may ring and one account may cost."""
    known = [(user.mobile_number, user.mobile_confirmed) for user in people if user.mobile_number]
    reachable = sending.reachable(known, people[0].account_id if people else None)
    for user in people:
        if user.mobile_number in reachable:
            queue_sms(template, to=user.mobile_number, user=user, **params)


def number_changed(user: User, *, old: str | None, old_confirmed: bool, new: str | None, by: User) -> None:
    """Told to the old number and by mail, whoever changed it: whoever took the phone cannot hush it up.

    An old number that nobody confirmed gets no text: whoever types strangers' numbers must not be able to ring them.
    """
    if old and old_confirmed and sending.reachable([(old, True)], user.account_id):
        queue_sms("number_changed", to=old, user=user)
    _mail(
        "number_changed",
        user,
        old=masked(old) if old else "",
        new=masked(new) if new else "",
        by="" if by.id == user.id else by.name,
    )


def email_changed(user: User, *, old: str, by: User) -> None:
    """To both addresses: whoever reads only the old one must hear of it, too."""
    link = links.create(user, links.NOT_ME, lifetime=_NOT_ME_LIFETIME)
    facts: dict[str, Any] = {
        "by": by.name, "old": old, "new": user.email, "at": now().isoformat(), "address": current_origin().address,
    }  # fmt: skip
    for address in (old, user.email):
        queue_mail("email_changed", to=address, user=user, link=link, **facts)


def two_factor_on(account: Account, by: User) -> None:
    members = members_of(account)
    for user in members:
        _mail("two_factor_on", user, account_name=account.name, by=by.name)
    _texts("two_factor_on", members)


def two_factor_off(account: Account, reason: str) -> None:
    members = members_of(account)
    for user in members:
        _mail("two_factor_off", user, account_name=account.name, reason=reason)
    _texts("two_factor_off", members)


def two_factor_off_scheduled(account: Account, reason: str, due: str, scope: str, lifetime: int) -> None:
    """Everyone is told; only the owner's mail can stop it."""
    owner = owner_of(account)
    link = links.create(owner, links.STOP_DISABLE, lifetime=lifetime, scope=scope)
    queue_mail(
        "two_factor_off_scheduled_owner", to=owner.email, user=owner, link=link,
        account_name=account.name, reason=reason, due=due,
    )  # fmt: skip
    members = members_of(account)
    for user in members:
        if not user.is_owner:
            _mail("two_factor_off_scheduled", user, account_name=account.name, reason=reason, due=due)
    _texts("two_factor_off_scheduled", members, due=due)


def two_factor_off_stopped(account: Account, by: str) -> None:
    for user in members_of(account):
        _mail("two_factor_off_stopped", user, account_name=account.name, by=by)


def exported(account: Account, by: User, *, rows: int, list_name: str, state: str) -> None:
    """The owner hears of every download, with or without two-factor."""
    owner = owner_of(account)
    _mail(
        "exported", owner, by=by.name, rows=rows, list_name=list_name, state=state,
        account_name=account.name,
    )  # fmt: skip


def export_prepared(user: User, export: Export, *, ready: bool) -> None:
    """The file that they asked for can be downloaded, or could not be made. No secret: the page asks who they are."""
    queue_mail(
        "export_ready" if ready else "export_failed", to=user.email, user=user, list_name=export.list_name,
        export_id=export.public_id, due=export.expires_at.isoformat(),
    )  # fmt: skip


def ownership_offered(account: Account, *, by: User, to: User) -> None:
    _mail("ownership_offered", to, account_name=account.name, by=by.name)


def ownership_changed(account: Account, *, old: User, new: User) -> None:
    for user in (old, new):
        _mail("ownership_changed", user, account_name=account.name, old=old.name, new=new.name)


def export_right_changed(user: User, *, may: bool, by: User) -> None:
    """A right that was given is told to the owner, too: whoever sits in their session has no mailbox."""
    _mail("export_right_changed", user, may=may, by=by.name)
    if may:
        _mail("export_right_given", by, name=user.name, email=user.email)


def user_added(account: Account, user: User, by: User) -> None:
    """To the owner: a new user with rights of their own is a way in that outlasts a stolen session."""
    _mail("user_added", by, name=user.name, email=user.email, may=user.can_export, account_name=account.name)


def removed(user: User, account: Account, by: User, email: str) -> None:
    """To the address as it was: the row has given it up."""
    queue_mail("removed", to=email, user=user, account=account, account_name=account.name, by=by.name)
