"""The audit log: one chain of keyed hashes for each account, written in the transaction that it tells of.

Each row's hash is HMAC-SHA-256 over the row's content and the hash of the row before it in the same chain. Whoever can
write to the database but does not hold the key cannot edit a row, remove one or reorder them without ``verify`` naming
it. An end that was cut off together with its head shows by the anchors that services/audit_anchors.py writes into the
site's own chain; that the whole database was set back to an older day shows only by heads that were kept elsewhere.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from extensions import db
from models.account import Account
from models.audit import AuditEvent, AuditHead
from models.user import User
from services.audit_events import DECLARED, Event
from services.clock import now
from services.keys import key, keys
from services.logs import tell
from services.origin import current_origin
from services.unit_of_work import after_commit, before_commit
from services.upsert import dialect, insert_for

_log = logging.getLogger(__name__)

SITE_CHAIN = "site"
_START = bytes(32)
_PENDING = "pending_audit"
_PAGE = 1000

__all__ = ["SITE_CHAIN", "Event", "Mark", "anchor_text", "locked_head", "record", "verify"]


@dataclass(frozen=True)
class Mark:
    """What is known of one row from elsewhere: how its hash begins."""

    chain: str
    number: int
    hash_start: bytes


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold: the first row that is not what it was."""

    chain: str
    number: int
    what: str


def record(
    event: Event,
    *,
    account: Account | None,
    actor: User | None,
    subject: User | None = None,
    outcome: str = "success",
    actor_label: str = "",
    **details: Any,
) -> None:
    """Add one event to the log of ``account`` (None: the site's own) when the surrounding write() commits.

    ``details`` must be declared for the event (services/audit_events.py) and hold no code, token or full number.
    """
    undeclared = details.keys() - DECLARED[event].details
    if undeclared:
        raise ValueError(f"{event}: undeclared details {sorted(undeclared)}")
    for name, value in details.items():
        wanted = DECLARED[event].types[name]
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise TypeError(f"{event}: {name} must be {wanted.__name__}, not {type(value).__name__}")
    session = db.session()
    if not session.info.get("writing"):
        raise RuntimeError("an audit event was recorded outside write()")
    origin = current_origin()
    session.info.setdefault(_PENDING, []).append(
        AuditEvent(
            chain=account.public_id if account else SITE_CHAIN,
            account_id=account.id if account else None,
            event=event.value,
            outcome=outcome,
            at=now(),
            actor_id=actor.id if actor else None,
            actor_label=actor_label or (label(actor) if actor else ""),
            subject_id=subject.id if subject else None,
            subject_label=label(subject) if subject else "",
            address=origin.address,
            user_agent=origin.user_agent,
            details=details,
        )
    )


def label(user: User) -> str:
    """How a person is named in the log, now and after they are gone."""
    return f"{user.name} ({user.email})"[:200]


@before_commit
def _append(session: Session) -> None:
    """Chain what was recorded. Last in the transaction, chains in order: so two writers cannot wait for each other."""
    events: list[AuditEvent] = session.info.get(_PENDING, [])
    for chain in sorted({event.chain for event in events}):
        head = locked_head(session, chain)
        for event in (event for event in events if event.chain == chain):
            event.number = head.number + 1
            event.hash = _hash(event, head.hash, key("audit"))
            head.number, head.hash = event.number, event.hash
            session.add(event)
    if events:
        session.flush()
        after_commit(lambda: _tell(events))


def _tell(events: list[AuditEvent]) -> None:
    """Where the two logs meet: the row of the one, and in the other the request and the process that wrote it."""
    for event in events:
        tell(
            _log, "recorded", what=event.event, outcome=event.outcome, chain=event.chain, number=event.number
        )


def locked_head(session: Session, chain: str) -> AuditHead:
    """The chain's last link, made where there is none, and nobody else's until this transaction ends."""
    session.execute(_first_head(dialect()), {"of_chain": chain})
    return session.execute(_LOCKED_HEAD, {"of_chain": chain}).scalar_one()


@cache
def _first_head(of_database: str) -> Any:
    """This and the next are put together once: every event runs them."""
    first = insert_for(of_database, cast(Table, AuditHead.__table__))
    return first.values(chain=bindparam("of_chain"), number=0, hash=_START).on_conflict_do_nothing()


_LOCKED_HEAD = (
    select(AuditHead)
    .where(AuditHead.chain == bindparam("of_chain"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def _hash(event: AuditEvent, previous: bytes, with_key: bytes) -> bytes:
    content = json.dumps(
        [
            event.chain, event.number, event.account_id, event.event, event.outcome, _stamp(event.at), event.actor_id,
            event.actor_label, event.subject_id, event.subject_label, event.address, event.user_agent, event.details,
        ],
        sort_keys=True, ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip
    return hmac.new(with_key, previous + content.encode(), hashlib.sha256).digest()


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def verify(chain: str | None = None, kept: Iterable[Mark] = ()) -> list[Break]:
    """Walk one chain or all of them; an empty list means that nothing was edited, removed or reordered.

    ``kept``: what is known of rows from elsewhere; each must still be there. The anchors in the site's chain are always
    asked.
    """
    # In this order: a chain that is seen here has its head by now, and rows that come meanwhile follow that head.
    chains = set(db.session.scalars(select(AuditEvent.chain).distinct()))
    heads = db.session.execute(select(AuditHead.chain, AuditHead.number, AuditHead.hash)).all()
    known = {head.chain: (head.number, head.hash) for head in heads}
    marks: dict[str, list[Mark]] = {}
    for mark in (*_anchored(), *kept):
        marks.setdefault(mark.chain, []).append(mark)
    names = chains | set(known) | set(marks) if chain is None else {chain}
    breaks = [
        _first_break(name, *known.get(name, (0, _START)), marks.get(name, [])) for name in sorted(names)
    ]
    return [found for found in breaks if found] + [
        Break(name, 1, "belongs to a chain whose head is missing")
        for name in sorted(names & chains - set(known))
    ]


def _first_break(chain: str, last_number: int, last_hash: bytes, marks: list[Mark]) -> Break | None:
    """``last_number`` and ``last_hash`` are the chain's head, as it was before the walk began."""
    previous, expected, found_last, usable = _START, 1, last_number == 0, keys("audit")
    wanted = {(mark.number, mark.hash_start) for mark in marks}
    marked = {number for number, _ in wanted}
    for event in _rows(chain):
        if event.number != expected:
            return Break(chain, expected, "is missing")
        fitting = [one for one in usable if hmac.compare_digest(event.hash, _hash(event, previous, one))]
        if not fitting:
            return Break(chain, event.number, "was changed")
        # An old key is good for what it made before the change of keys, and for nothing after a row of a newer one.
        usable = usable[: usable.index(fitting[0]) + 1]
        if event.number in marked:
            starts = [start for number, start in wanted if number == event.number]
            if not all(event.hash.startswith(start) for start in starts):
                return Break(chain, event.number, "is not the row that was written down")
        if event.number == last_number:
            found_last = hmac.compare_digest(event.hash, last_hash)
        previous, expected = event.hash, expected + 1
    if not found_last:
        return Break(chain, min(expected, last_number), "is missing at the end")
    if max(marked, default=0) >= expected:
        return Break(chain, expected, f"is missing at the end: row {max(marked)} was written down")
    return None


def anchor_text(heads: Iterable[Mark]) -> str:
    return " ".join(f"{head.chain}:{head.number}:{head.hash_start.hex()}" for head in heads)


def _anchored() -> list[Mark]:
    """The latest anchor of each chain."""
    found: dict[str, Mark] = {}
    for event in _rows(SITE_CHAIN, Event.LOG_ANCHORED):
        for word in str(event.details.get("heads", "")).split():
            chain, number, start = word.split(":")
            found[chain] = Mark(chain, int(number), bytes.fromhex(start))
    return list(found.values())


def _rows(chain: str, event: Event | None = None) -> Iterator[AuditEvent]:
    """In order, a thousand at a time: a server-side cursor would need a transaction as long as the walk."""
    after = 0
    while True:
        statement = select(AuditEvent).where(AuditEvent.chain == chain, AuditEvent.number > after)
        if event is not None:
            statement = statement.where(AuditEvent.event == event.value)
        statement = statement.order_by(AuditEvent.number).limit(_PAGE)
        page = db.session.scalars(statement.execution_options(populate_existing=True)).all()
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].number
