"""What nobody has in hand any more: left by dead workers, or overtaken by its own end while it waited."""

from sqlalchemy import ColumnElement, exists, insert, literal, select, update

from extensions import db
from models.message import Message, MessageEvent, MessageState
from services.clock import now
from services.delivery import circuits
from services.delivery.life import Step, take_steps
from services.delivery.retries import MOST
from services.delivery.roads import CHANNELS, roads_of
from services.unit_of_work import changed, write

_AT_ONCE = 500
#: In ``Message.reason`` of what goes again although nobody knows whether it was sent (order.py).
BACK_AGAIN = "its worker stopped while sending"
#: Why a text that waited for its provider is given up, for the page that waits for it.
WAITED_IN_VAIN = "texts were stopped, and its time is over"


def clear() -> None:
    """Settle or give back what dead workers held, and end what expired while it waited. Cheap when there is none."""
    _abandoned()
    _expired()
    _held()


def _abandoned() -> None:
    """Back into the queue where sending twice cannot happen or does not hurt; otherwise nobody knows what became of it.

    Not for ever: it may be the message that its workers die of.
    """
    left = (Message.state == MessageState.SENDING) & (Message.lease_until < now())
    if not db.session.scalar(select(exists().where(left))):
        return
    with write():
        rows = _locked(left)
        again = [row for row in rows if _may_go_again(row)]
        lost = [row for row in rows if not _may_go_again(row)]
        _set(again, state=MessageState.QUEUED, reason=BACK_AGAIN)
        _set(lost, state=MessageState.UNKNOWN, settled_at=now(), reason="the worker stopped while sending")
        take_steps(
            [Step(row, "abandoned", "back into the queue") for row in again]
            + [Step(row, "abandoned", "the worker stopped while sending") for row in lost]
        )


def _may_go_again(message: Message) -> bool:
    if message.attempts >= MOST[message.channel]:
        return False
    # By the gateway that had it: another one could not know.
    known = [road for road in roads_of(message.channel) if message.gateway in (None, road.name)]
    return message.channel == "mail" or (bool(known) and all(road.idempotent for road in known))


def _locked(which: ColumnElement[bool]) -> list[Message]:
    """Those of ``which`` that nobody else has, as they are now, until the surrounding write() ends."""
    found = select(Message).where(which).order_by(Message.id).limit(_AT_ONCE)
    found = found.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return list(db.session.scalars(found))


def _set(rows: list[Message], **values: object) -> None:
    if rows:
        changed(
            update(Message).where(Message.id.in_([row.id for row in rows])).values(lease_until=None, **values)
        )


def _expired() -> None:
    """A code that died in the queue: nobody need take it to find that out, and while texts are stopped nobody does."""
    moment = now()
    over = (Message.state == MessageState.QUEUED) & (Message.expires_at <= moment)
    if not db.session.scalar(select(exists().where(over))):
        return
    with write():
        rows = _locked(over)
        waited = {channel: _is_stopped(channel) for channel in CHANNELS}
        for stopped, reason in ((True, WAITED_IN_VAIN), (False, "no longer needed")):
            part = [row for row in rows if waited[row.channel] is stopped]
            _set(part, state=MessageState.EXPIRED, settled_at=moment, reason=reason)
            take_steps([Step(row, "expired", reason) for row in part])


def _held() -> None:
    """Those that wait behind a closed way know it: for ``flask messages show``."""
    if not circuits.all_open():
        return
    moment, why = now(), literal("its provider refuses us")
    for channel in filter(_is_stopped, CHANNELS):
        known = exists().where(MessageEvent.message_id == Message.id, MessageEvent.event == "held")
        waiting = select(Message.id, literal(moment, MessageEvent.at.type), literal("held"), why).where(
            Message.state == MessageState.QUEUED, Message.channel == channel, Message.due_at <= moment, ~known
        )
        if db.session.execute(waiting.limit(1)).first() is not None:
            with write() as session:
                session.execute(
                    insert(MessageEvent).from_select(["message_id", "at", "event", "detail"], waiting)
                )


def _is_stopped(channel: str) -> bool:
    return all(circuits.is_open(road.name) for road in roads_of(channel))
