"""Taking messages out of the outbox, several in one transaction.

A row is marked SENDING and committed before the gateway is called, so that a crash leaves a trace. What is found
SENDING after its lease is sent again only where the gateway can tell that it did not send it (leftovers.py).
"""

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update

from extensions import db
from models.account import Account
from models.challenge import Challenge
from models.link import Link
from models.message import Message, MessageState
from models.user import User
from services import codes, links
from services.clock import now
from services.delivery import circuits, order, slots
from services.delivery.life import Step, take_steps
from services.delivery.roads import Way, way_of
from services.unit_of_work import changed, write
from services.wording.outgoing import CannotBeWritten, write_out

#: Longer than the slowest gateway call; a worker that holds a row longer is dead.
LEASE = timedelta(seconds=60)
#: A slot that is no further away (seconds) is one of now.
_AT_ONCE = 0.003
_HERE = f"{platform.node()[:60]}, process {os.getpid()}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is ours until its lease ends. ``outgoing``: None where ``ended`` says why it does not go."""

    message: Message
    road: Any
    attempts: int
    lease_until: datetime
    probe: bool
    outgoing: Any = field(default=None, repr=False)
    ended: "Ended | None" = None
    #: All that the message speaks of: the session itself forgets what nobody holds.
    loaded: tuple[Any, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """It does not go: what it was for is over, or it cannot be written."""

    state: MessageState
    event: str
    reason: str


@dataclass(frozen=True)
class Batch:
    """What was taken, and for each the ``time.monotonic()`` before which it does not leave (``slots``).

    With slots and nothing taken: wait for the first one, then take with them. ``look_in``: seconds after which to look
    again, where the way is closed until then.
    """

    taken: Sequence[Taken] = ()
    slots: Sequence[float] = ()
    look_in: float | None = None


def take(
    channel: str, limit: int, *, only: int | None = None, reserved: Sequence[float] | None = None
) -> Batch:
    """Make up to ``limit`` due messages of a channel ours, codes first. Nobody else gets the same ones.

    Where the provider limits requests, slots are reserved first; if they are of now, the messages are taken at once.
    """
    with write():
        way = way_of(channel)
        if not way.roads:
            return Batch(look_in=way.look_in)
        name = way.roads[0].name
        if way.probe and not circuits.take_probe(name):
            return Batch(look_in=1.0)
        batch = _take(channel, 1 if way.probe else limit, only, way, reserved)
        if way.probe and not batch.taken:
            circuits.give_back(name)
    return replace(batch, taken=[_write(claim) for claim in batch.taken])


def _take(channel: str, limit: int, only: int | None, way: Way, reserved: Sequence[float] | None) -> Batch:
    found = reserved or _reserve(channel, limit, only, way)
    if not found or (reserved is None and found[0] > time.monotonic() + _AT_ONCE):
        return Batch(slots=found)
    rows = _claim(channel, min(limit, len(found)), only, way)
    lease_until = now() + LEASE
    claims = [
        Taken(row.Message, order.road_for(row.Message, way), row.Message.attempts + 1, lease_until, way.probe,
              loaded=tuple(row))
        for row in rows
    ]  # fmt: skip
    _mark(claims)
    return Batch(claims, found)


def _reserve(channel: str, limit: int, only: int | None, way: Way) -> Sequence[float]:
    """Slots for what is due: none where nothing is, and few at a time, since others wait for theirs."""
    name = way.roads[0].name
    rate = slots.rate_of(name)
    if not rate:
        return [0.0] * limit
    waiting = select(Message.id).where(order.due(channel, way)).limit(min(limit, max(1, rate // 20)))
    if only is not None:
        waiting = waiting.where(Message.id == only)
    due = len(db.session.scalars(waiting).all())
    return slots.reserve(name, due) if due else []


def _claim(channel: str, limit: int, only: int | None, way: Way) -> list[Row[Any]]:
    """The messages, each with all that it speaks of as it is now, so that nothing more has to be read to write it."""
    ids = order.next_ids(channel, limit, only, way)
    if not ids:
        return []
    found = (
        select(Message, Challenge, Link, User, Account)
        .outerjoin(Challenge, Challenge.id == Message.challenge_id)
        .outerjoin(Link, Link.id == Message.link_id)
        .outerjoin(User, User.id == Message.user_id)
        .outerjoin(Account, Account.id == Message.account_id)
        .where(Message.id.in_(ids))
    )
    rows: list[Row[Any]] = list(db.session.execute(found.execution_options(populate_existing=True)))
    return sorted(rows, key=lambda row: ids.index(row.Message.id))


def _mark(claims: list[Taken]) -> None:
    if not claims:
        return
    for road in {claim.road.name: claim.road for claim in claims}.values():
        changed(
            update(Message)
            .where(Message.id.in_([claim.message.id for claim in claims if claim.road is road]))
            .values(
                state=MessageState.SENDING, attempts=Message.attempts + 1, gateway=road.name, sent_at=now(),
                lease_until=claims[0].lease_until,
            )
        )  # fmt: skip
    take_steps(
        [
            Step(claim.message, "taken", f"try {claim.attempts}, for {claim.road.name}, by {_HERE}")
            for claim in claims
        ]
    )


def _write(claim: Taken) -> Taken:
    outgoing, ended = None, None
    if _is_moot(claim.message):
        ended = Ended(MessageState.EXPIRED, "moot", "no longer needed")
    else:
        try:
            outgoing = write_out(claim.message)
        except CannotBeWritten as fault:
            ended = Ended(MessageState.REJECTED, "refused", f"cannot be written: {fault}")
    return replace(claim, outgoing=outgoing, ended=ended, loaded=())


def _is_moot(message: Message) -> bool:
    """A dead code must not ring a phone; a spent link needs no mail."""
    if message.expires_at is not None and message.expires_at <= now():
        return True
    if message.challenge_id is not None:
        challenge = db.session.get(Challenge, message.challenge_id)
        return challenge is None or not codes.is_live(challenge)
    if message.link_id is not None:
        link = db.session.get(Link, message.link_id)
        # The link of a notice is an aside: what the notice tells is true when the link was used, too.
        return link is None or (link.purpose != links.NOT_ME and not links.is_live(link))
    return False
