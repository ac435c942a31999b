"""Changing a password, and setting one by a link from a mail. Neither ever signs anyone in."""

from models.job import Job
from models.link import Link
from models.user import User
from services import (
    delays,
    hashing,
    language,
    limits,
    links,
    notices,
    passwords,
    reauthentication,
    sign_in_counts,
)
from services.audit import Event, record
from services.clock import now
from services.hashing import Kind
from services.jobs import Lease, enqueue
from services.language import gettext as _
from services.origin import acting_from, acts, current_origin
from services.passwords import PasswordRefused
from services.reauthentication import WrongPassword
from services.revocation import shut_every_door
from services.sessions import SignedIn
from services.sign_in import canonical_email, find_user
from services.unit_of_work import release, write

#: The job that answers "I forgot my password".
RESET_ASKED = "password.reset_asked"


def change(me: SignedIn, current: str, new: str) -> None:
    """Raises WrongPassword, passwords.PasswordRefused, limits.LimitExceeded, hashing.Busy. Ends all other sessions."""
    user = me.user
    judged = reauthentication.by_password(me, current)
    fresh = _fresh(user, new, Kind.INSIDE)
    with write() as session:
        session.refresh(user, with_for_update={"key_share": True, "of": User})
        if user.password_hash != judged or user.removed_at is not None:  # another tab, or a reset, was faster
            raise WrongPassword
        _store(user, fresh)
        shut_every_door(user, "password changed", keep=me.session)
        record(Event.PASSWORD_CHANGED, account=user.account, actor=user)
        notices.password_changed(user)


def ask_for_reset(email: str) -> None:
    """Have the worker mail a link, if someone has this address. Nobody is looked up here: neither the answer nor the
    time that it takes tells who exists.

    Raises limits.LimitExceeded for too many addresses from one network, known and unknown ones alike.
    """
    email = canonical_email(email)
    origin = current_origin()
    try:
        with write():
            limits.hit("mail_address", origin.network)
    except limits.LimitExceeded:
        _record_refusal("network", origin.network)
        raise
    try:
        with write():
            limits.hit("mail_address", email)
            enqueue(
                RESET_ASKED, email=email, address=origin.address, user_agent=origin.user_agent,
                language=language.current(),
            )  # fmt: skip
    except limits.LimitExceeded:
        # Enough mails are on their way to this person; saying so would say that they exist.
        _record_refusal("name", email)


def _record_refusal(limit: str, subject: str) -> None:
    """In the site's own log, since nobody was looked up; once an hour for each name or network."""
    with write():
        if limits.first_since("refused_reset", subject, 3600):
            record(Event.RESET_REFUSED, account=None, actor=None, outcome="failure", limit=limit)


def run_reset_asked(job: Job, lease: Lease) -> None:
    """The worker's half of it. Run twice it mails twice; only the newer link works."""
    user = find_user(job.params["email"])
    if user is None or user.password_hash is None:
        return
    asked_from = acting_from(job.params["address"], job.params["user_agent"])
    with asked_from, language.using(job.params.get("language")), write():
        acts(user.id)
        lease.renew()  # what is written here is kept only if the job is still ours
        notices.reset_link(user)
        record(Event.PASSWORD_RESET_ASKED, account=user.account, actor=None, subject=user)


def reset(link: Link, user: User, new: str) -> bool:
    """Spend the link and set the password; False when the link was just spent elsewhere. Raises
    PasswordRefused, hashing.Busy."""
    fresh = _fresh(user, new, Kind.KNOWN)
    with write():
        if not links.spend(link):
            return False
        _store(user, fresh)
        shut_every_door(user, "password reset")
        # Whoever reads the person's mail is no stranger hammering their name.
        delays.forget("sign_in_user", sign_in_counts.by_name(user.email))
        record(Event.PASSWORD_RESET, account=user.account, actor=user)
        notices.password_changed(user)
    return True


def accept_invitation(link: Link, user: User, new: str) -> bool:
    """A new user's first password; they then sign in like everyone. False when the link was just spent elsewhere."""
    fresh = _fresh(user, new, Kind.KNOWN)
    with write():
        if not links.spend(link):
            return False
        _store(user, fresh)
        record(Event.INVITATION_ACCEPTED, account=user.account, actor=user)
    return True


def _fresh(user: User, new: str, kind: Kind) -> str:
    """The hash of a password that may be theirs. Raises PasswordRefused, hashing.Busy."""
    personal = [user.email, user.name]
    if user.account is not None:
        personal.append(user.account.name)
    passwords.check_new_password(new, personal)
    release()
    with hashing.turn(kind, str(user.id)):
        if passwords.password_matches(user.password_hash, new):
            raise PasswordRefused(_("This is your password already. Choose another one"))
        return passwords.hash_password(new)


def _store(user: User, fresh: str) -> None:
    with write() as session:
        user.password_hash = fresh
        user.password_changed_at = now()
        session.add(user)
