"""Requests to support: filed by anyone, also from outside; read and closed by support."""

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import joinedload

from extensions import db
from models.account import Account
from models.support import SupportRequest
from models.user import User
from services import limits
from services.audit import Event, record
from services.clock import now
from services.disabling import Operator
from services.origin import current_origin
from services.outbox import queue_mail
from services.sessions import SignedIn
from services.sign_in import canonical_email, find_user
from services.unit_of_work import changed, write

SUBJECT_MAX, MESSAGE_MAX = 150, 5000
PAGE_SIZE = 25


def file(*, email: str, subject: str, message: str, me: SignedIn | None) -> SupportRequest:
    """Keep a request and tell the person whose address or session it came with. Raises limits.LimitExceeded.

    From outside the address proves nothing: it only helps support to find the account. Known or not, the answer is one.
    """
    limits.hit("support_request_address", current_origin().network)
    writer = me.user if me else None
    person = writer or find_user(canonical_email(email))
    account = db.session.get(Account, person.account_id) if person and person.account_id else None
    with write() as session:
        request = SupportRequest(
            email=email,
            subject=subject,
            message=message,
            user_id=writer.id if writer else None,
            account_id=account.id if account else None,
            address=current_origin().address,
            created_at=now(),
        )
        session.add(request)
        session.flush()
        record(
            Event.SUPPORT_REQUESTED, account=account, actor=writer,
            actor_label="" if writer else "someone who was not signed in", subject_line=subject,
        )  # fmt: skip
        if person is not None:
            _tell(person, subject if writer else "")
    return request


def _tell(person: User, subject: str) -> None:
    """To the address that the site knows, whatever was typed: who did not write learns that someone did in their name.

    ``subject`` stays empty for a request from outside: nobody may put their own words into our mail to a stranger.
    """
    try:
        limits.hit("mail_address", person.email)
    except limits.LimitExceeded:
        return  # enough mails went there; the request itself is kept
    queue_mail("support_request", to=person.email, user=person, subject_line=subject)


def find(public_id: str) -> SupportRequest | None:
    return db.session.scalars(
        select(SupportRequest)
        .where(SupportRequest.public_id == public_id)
        .options(joinedload(SupportRequest.account))
        .execution_options(populate_existing=True)
    ).first()


def page(after: str = "") -> tuple[list[SupportRequest], str]:
    """Open ones first, newest first: those after the request ``after``, and the id to go on from ("" at the end)."""
    # "open" sorts after "closed", so the index (state, id) read backwards is this very order.
    statement = (
        select(SupportRequest)
        .options(joinedload(SupportRequest.account))
        .order_by(SupportRequest.state.desc(), SupportRequest.id.desc())
        .limit(PAGE_SIZE + 1)
    )
    last = find(after) if after else None
    if last is not None:
        statement = statement.where(tuple_(SupportRequest.state, SupportRequest.id) < (last.state, last.id))
    rows = list(db.session.scalars(statement))
    return rows[:PAGE_SIZE], rows[PAGE_SIZE - 1].public_id if len(rows) > PAGE_SIZE else ""


def open_of(account: Account) -> list[SupportRequest]:
    """Newest first; a page of them at most."""
    return list(
        db.session.scalars(
            select(SupportRequest)
            .where(SupportRequest.account_id == account.id, SupportRequest.state == "open")
            .order_by(SupportRequest.id.desc())
            .limit(PAGE_SIZE)
        )
    )


def close(request: SupportRequest, *, operator: Operator) -> bool:
    """True for exactly one caller; False when it was closed already."""
    by = operator.user
    with write() as session:
        closed = changed(
            update(SupportRequest)
            .where(SupportRequest.id == request.id, SupportRequest.state == "open")
            .values(state="closed", closed_at=now(), closed_by_id=by.id if by else None)
        )
        if closed != 1:
            return False
        account = session.get(Account, request.account_id) if request.account_id else None
        record(
            Event.SUPPORT_REQUEST_CLOSED, account=account, actor=by, actor_label=operator.label,
            subject_line=request.subject,
        )  # fmt: skip
    return True
