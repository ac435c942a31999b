"""Sending what the outbox promised: claim, call the gateway, settle. Run by workers, any number of them.

claiming.py and settling.py are the two transactions; between them no connection to the database is held. The lanes of a
worker (services/lanes) do this for many messages at once; what stands here does it for one after the other.
"""

import logging
import time

from sqlalchemy import or_, select

from extensions import db
from models.message import Message, MessageState
from services.clock import now
from services.delivery import claiming, leftovers, life, order
from services.delivery.claiming import Ended, Taken
from services.delivery.settling import Outcome, settle
from services.gateways import Answer, OutgoingCall, Retry, Unknown
from services.risk import before_sending
from services.unit_of_work import release

_log = logging.getLogger(__name__)


def due_ids(limit: int = 100) -> list[int]:
    """Messages that a worker should take now, codes first: queued and due, or left by a dead worker."""
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
            .order_by(*order.FIRST)
            .limit(limit)
        )
    )


def send_due() -> int:
    """Send all that is due, once through; returns how many were taken."""
    leftovers.clear()
    return sum(deliver(message_id) for message_id in due_ids())


def deliver(message_id: int) -> bool:
    """Send one message if it is due and nobody else has it. False when there was nothing to do."""
    channel = db.session.scalar(
        select(Message.channel).where(
            Message.id == message_id, Message.state == MessageState.QUEUED, Message.due_at <= now()
        )
    )
    if channel is None:
        return False
    batch = claiming.take(channel, 1, only=message_id)
    if batch.slots and not batch.taken:
        time.sleep(max(0.0, batch.slots[0] - time.monotonic()))
        batch = claiming.take(channel, 1, only=message_id, reserved=batch.slots)
    for taken in batch.taken:
        settle([transmit(taken)])
    return bool(batch.taken)


def transmit(taken: Taken) -> Outcome:
    """Hand one message over, once. Raises nothing: what nobody foresaw leaves a text whose fate is unknown."""
    if taken.ended is not None:
        return Outcome(taken, taken.ended, None, now())
    with life.about(taken.message):
        try:
            stopped = before_sending.stops(taken.message)
            if stopped is None:
                release()
        except Exception:
            # It is asked beside the way; a code does not wait for it.
            _log.exception("nothing could be found out about a number")
            stopped = None
            db.session.close()
        if stopped is not None:
            return Outcome(taken, Ended(MessageState.REJECTED, "refused", stopped), None, now())
        sent_at = now()
        if taken.message.expires_at is not None and sent_at >= taken.message.expires_at:
            return Outcome(taken, Ended(MessageState.EXPIRED, "moot", "no longer needed"), None, sent_at)
        if sent_at >= taken.lease_until:
            return not_called(taken, "its turn came when its time in hand was over")
        try:
            answer = _call(taken)
        except Exception as fault:
            _log.exception("a gateway raised in place of answering")
            answer = Unknown(f"a fault of this program ({type(fault).__name__})")
        return Outcome(taken, answer, sent_at, now())


def not_called(taken: Taken, why: str) -> Outcome:
    """It was taken, and no gateway was asked for it."""
    # What a dead worker may have sent still goes by the gateway that had it.
    again = taken.message.reason == leftovers.BACK_AGAIN
    return Outcome(taken, Retry(leftovers.BACK_AGAIN if again else why), None, now())


def _call(taken: Taken) -> Answer:
    outgoing = taken.outgoing
    answer: Answer
    if isinstance(outgoing, OutgoingCall):
        answer = taken.road.call(outgoing)
    else:
        answer = taken.road.send(outgoing)
    return answer
