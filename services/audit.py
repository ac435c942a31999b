"""The audit log: one chain of keyed hashes for each account, written in the transaction that it tells of.

Each row's hash is HMAC-SHA-256 over the row's content and the hash of the row before it in the same chain. Whoever can
write to the database but does not hold the key cannot edit a row, remove one or reorder them without ``verify`` naming
it. What it cannot see by itself is an end that was cut off together with the head being set back to match: against that
helps only a copy of the heads kept elsewhere.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from extensions import db
from models.account import Account
from models.audit import AuditEvent, AuditHead
from models.user import User
from services.audit_events import DECLARED, Event
from services.clock import now
from services.keys import key, keys
from services.origin import current_origin
from services.unit_of_work import before_commit

SITE_CHAIN = "site"
_START = bytes(32)
_PENDING = "pending_audit"
_PAGE = 1000

__all__ = ["Event", "record", "verify"]


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
        head = _locked_head(session, chain)
        for event in (event for event in events if event.chain == chain):
            event.number = head.number + 1
            event.hash = _hash(event, head.hash, key("audit"))
            head.number, head.hash = event.number, event.hash
            session.add(event)
    if events:
        session.flush()


def _locked_head(session: Session, chain: str) -> AuditHead:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(AuditHead).values(chain=chain, number=0, hash=_START).on_conflict_do_nothing())
    return session.execute(
        select(AuditHead)
        .where(AuditHead.chain == chain)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


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


def verify(chain: str | None = None) -> list[Break]:
    """Walk one chain or all of them; an empty list means that nothing was edited, removed or reordered."""
    # In this order: a chain that is seen here has its head by now, and rows that come meanwhile follow that head.
    chains = set(db.session.scalars(select(AuditEvent.chain).distinct()))
    heads = db.session.execute(select(AuditHead.chain, AuditHead.number, AuditHead.hash)).all()
    known = {head.chain: (head.number, head.hash) for head in heads}
    names = chains | set(known) if chain is None else {chain}
    breaks = [_first_break(name, *known.get(name, (0, _START))) for name in sorted(names)]
    return [found for found in breaks if found] + [
        Break(name, 1, "belongs to a chain whose head is missing")
        for name in sorted(names & chains - set(known))
    ]


def _first_break(chain: str, last_number: int, last_hash: bytes) -> Break | None:
    """``last_number`` and ``last_hash`` are the chain's head, as it was before the walk began."""
    previous, expected, found_last, usable = _START, 1, last_number == 0, keys("audit")
    for event in _rows(chain):
        if event.number != expected:
            return Break(chain, expected, "is missing")
        fitting = [one for one in usable if hmac.compare_digest(event.hash, _hash(event, previous, one))]
        if not fitting:
            return Break(chain, event.number, "was changed")
        # An old key is good for what it made before the change of keys, and for nothing after a row of a newer one.
        usable = usable[: usable.index(fitting[0]) + 1]
        if event.number == last_number:
            found_last = hmac.compare_digest(event.hash, last_hash)
        previous, expected = event.hash, expected + 1
    return None if found_last else Break(chain, min(expected, last_number), "is missing at the end")


def _rows(chain: str) -> Iterator[AuditEvent]:
    """In order, a thousand at a time: a server-side cursor would need a transaction as long as the walk."""
    after = 0
    while True:
        statement = select(AuditEvent).where(AuditEvent.chain == chain, AuditEvent.number > after)
        statement = statement.order_by(AuditEvent.number).limit(_PAGE)
        page = db.session.scalars(statement.execution_options(populate_existing=True)).all()
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].number
