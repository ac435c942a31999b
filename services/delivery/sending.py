"""Sending what the outbox promised: claim, call the gateway, settle. Run by workers, any number of them.

A row is marked SENDING and committed before the gateway is called, so that a crash leaves a trace. What is found
SENDING after its lease is sent again only where the gateway can tell that it did not send it; a text that a
provider may have taken is "unknown" and is never repeated by itself.
"""

import random
import re
from datetime import timedelta

from sqlalchemy import or_, select, update

from extensions import db
from models.challenge import Challenge
from models.link import Link
from models.message import Message, MessageState
from services import codes, links
from services.clock import now
from services.gateway_setup import gateways
from services.gateways import Accepted, Answer, OutgoingMail, OutgoingSms, Refused, Retry
from services.risk import before_sending
from services.unit_of_work import changed, write
from services.wording.outgoing import CannotBeWritten, write_out

#: Longer than the slowest gateway call; a worker that holds a row longer is dead.
_LEASE = timedelta(seconds=60)
#: A text that was surely not accepted is tried again; a mail is, for hours.
_SMS_ATTEMPTS = 3
_MAIL_ATTEMPTS = 10
_PROVIDER_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def due_ids(limit: int = 100) -> list[int]:
    """Messages that a worker should take now, oldest first: queued and due, or left by a dead worker."""
    moment = now()
    return list(
        db.session.scalars(
            select(Message.id)
            .where(
                or_(
                    (Message.state == MessageState.QUEUED) & (Message.due_at <= moment),
                    (Message.state == MessageState.SENDING) & (Message.lease_until < moment),
                )
            )
            .order_by(Message.id)
            .limit(limit)
        )
    )


def send_due() -> int:
    """Send all that is due, once through; returns how many were taken."""
    taken = 0
    for message_id in due_ids():
        taken += deliver(message_id)
    return taken


def deliver(message_id: int) -> bool:
    """Send one message if it is due and nobody else has it. False when there was nothing to do."""
    message = _claim(message_id)
    if message is None:
        return False
    if _is_moot(message):
        _settle(message, MessageState.EXPIRED, reason="no longer needed")
        return True
    try:
        outgoing = write_out(message)
    except CannotBeWritten as fault:
        _settle(message, MessageState.REJECTED, reason=f"cannot be written: {fault}")
        return True
    stopped = before_sending.stops(message)
    if stopped is not None:
        _settle(message, MessageState.REJECTED, reason=stopped)
        return True
    _apply(message, _send(outgoing))
    return True


def _claim(message_id: int) -> Message | None:
    """One statement makes the row ours; losing the race is not an error."""
    moment = now()
    with write():
        _resolve_abandoned(message_id)
        claimed = changed(
            update(Message)
            .where(Message.id == message_id, Message.state == MessageState.QUEUED, Message.due_at <= moment)
            .values(state=MessageState.SENDING, attempts=Message.attempts + 1, lease_until=moment + _LEASE)
        )
    if claimed != 1:
        return None
    return db.session.get(Message, message_id, populate_existing=True)


def _resolve_abandoned(message_id: int) -> None:
    """A message whose worker died: back into the queue where sending twice cannot happen or does not hurt.

    But not for ever: it may be the message that its workers die of.
    """
    again = [(Message.channel == "mail") & (Message.attempts < _MAIL_ATTEMPTS)]
    if gateways().sms.idempotent:
        again.append((Message.channel == "sms") & (Message.attempts < _SMS_ATTEMPTS))
    moment = now()
    abandoned = (
        Message.id == message_id,
        Message.state == MessageState.SENDING,
        Message.lease_until < moment,
    )
    changed(
        update(Message).where(*abandoned, or_(*again)).values(state=MessageState.QUEUED, lease_until=None)
    )
    changed(
        update(Message)
        .where(*abandoned)
        .values(
            state=MessageState.UNKNOWN,
            lease_until=None,
            settled_at=moment,
            reason="the worker stopped while sending",
        )
    )


def _is_moot(message: Message) -> bool:
    """A dead code must not ring a phone; a spent link needs no mail."""
    if message.expires_at is not None and message.expires_at <= now():
        return True
    if message.challenge_id is not None:
        challenge = db.session.get(Challenge, message.challenge_id, populate_existing=True)
        return challenge is None or not codes.is_live(challenge)
    if message.link_id is not None:
        link = db.session.get(Link, message.link_id, populate_existing=True)
        # The link of a notice is an aside: what the notice tells is true when the link was used, too.
        return link is None or (link.purpose != links.NOT_ME and not links.is_live(link))
    return False


def _send(outgoing: OutgoingSms | OutgoingMail) -> Answer:
    if isinstance(outgoing, OutgoingSms):
        return gateways().sms.send(outgoing)
    return gateways().mail.send(outgoing)


def _apply(message: Message, answer: Answer) -> None:
    if isinstance(answer, Accepted):
        _settle(message, MessageState.ACCEPTED, provider_id=_name(answer.provider_id))
    elif isinstance(answer, Refused):
        _settle(message, MessageState.REJECTED, reason=f"{answer.kind}: {answer.reason}")
    elif isinstance(answer, Retry):
        _again(message, answer)
    elif message.channel == "mail":
        _again(message, Retry(answer.reason, None))
    else:
        _settle(message, MessageState.UNKNOWN, reason=answer.reason)


def _name(provider_id: str) -> str | None:
    """What receipts will call the message; None for what is no name: it was taken, and must not be taken twice."""
    return provider_id if _PROVIDER_ID.fullmatch(provider_id) else None


def _again(message: Message, answer: Retry) -> None:
    """Later, with jitter; never past the life of the code in it."""
    most = _SMS_ATTEMPTS if message.channel == "sms" else _MAIL_ATTEMPTS
    wait = answer.after if answer.after is not None else min(600.0, 2.0**message.attempts)
    due = now() + timedelta(seconds=wait * random.uniform(1.0, 1.3))  # noqa: S311  # jitter, not a secret
    if message.attempts >= most or (message.expires_at is not None and due >= message.expires_at):
        _settle(message, MessageState.REJECTED, reason=f"not sent: {answer.reason}")
        return
    with write():
        changed(
            update(Message)
            .where(Message.id == message.id, Message.state == MessageState.SENDING)
            .values(state=MessageState.QUEUED, due_at=due, lease_until=None, reason=answer.reason[:200])
        )


def _settle(
    message: Message, state: MessageState, *, provider_id: str | None = None, reason: str | None = None
) -> None:
    with write():
        changed(update(Message)
            .where(Message.id == message.id, Message.state == MessageState.SENDING)
            .values(
                state=state, settled_at=now(), lease_until=None, provider_id=provider_id,
                reason=reason[:200] if reason else None,
            ))  # fmt: skip
