"""Where the log's chains end, written down: in the site's own chain, in the process's log, and for keeping elsewhere.

A chain shows an edited or removed row by itself, but not that its newest rows were cut off and its head set back. So
the worker writes each changed chain's end into the site's chain (an anchor): whoever cuts behind it must cut the site's
too. That one's end goes to the process's log once a day, and so to wherever that is shipped (ASVS 16.4.3).
"""

import hashlib
import hmac

from sqlalchemy import func, or_, select, true

from extensions import db
from models.audit import AuditAnchor, AuditHead
from services.audit import SITE_CHAIN, Event, Mark, anchor_text, locked_head, record
from services.keys import keys
from services.unit_of_work import write
from services.upsert import insert

#: Chains to one event: about 2 KB.
AT_ONCE = 50
_LOOKED_AT = 1000
_HASH_BYTES = 8
_USE = "audit heads"


def anchor() -> int:
    """Write down where every chain ends that grew since it was last written down; returns how many did.

    Safe beside any number of workers and writers. Only the site's head is locked, and nothing after it.
    """
    total, after = 0, ""
    while True:
        with write() as session:
            locked_head(
                session, SITE_CHAIN
            )  # made where there is none: two that begin at once must meet here
            last = _thousandth(after)
            grown = session.execute(
                select(AuditHead.chain, AuditHead.number, AuditHead.hash)
                .outerjoin(AuditAnchor, AuditAnchor.chain == AuditHead.chain)
                .where(
                    AuditHead.chain != SITE_CHAIN,
                    AuditHead.chain > after,
                    AuditHead.chain <= last if last else true(),
                    AuditHead.number > 0,
                    or_(AuditAnchor.number.is_(None), AuditAnchor.number < AuditHead.number),
                )
                .order_by(AuditHead.chain)
                .limit(AT_ONCE)
            ).all()
            if grown:
                marks = [Mark(head.chain, head.number, head.hash[:_HASH_BYTES]) for head in grown]
                _remember(marks)
                record(
                    Event.LOG_ANCHORED, account=None, actor=None, chains=len(marks), heads=anchor_text(marks)
                )
        total += len(grown)
        if len(grown) == AT_ONCE:
            after = grown[-1].chain
        elif last:
            after = last
        else:
            return total


def _thousandth(after: str) -> str | None:
    """The chain so far on; None near the end. A site with very many chains is read through once, in pieces by its key:
    the database would look at all of them for each fifty."""
    return db.session.scalar(
        select(AuditHead.chain)
        .where(AuditHead.chain > after)
        .order_by(AuditHead.chain)
        .offset(_LOOKED_AT - 1)
        .limit(1)
    )


def _remember(marks: list[Mark]) -> None:
    """Which anchors stand in the site's chain already. Only saves work: the proof is the chain."""
    statement = insert(AuditAnchor).values([{"chain": mark.chain, "number": mark.number} for mark in marks])
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[AuditAnchor.chain], set_={"number": statement.excluded.number}
        )
    )


def head_lines(chain: str | None = None) -> list[str]:
    """A line for each chain: its name, number of rows, last hash, and a MAC by which verify knows the line as ours."""
    statement = (
        select(AuditHead).where(AuditHead.number > 0).order_by(func.length(AuditHead.chain), AuditHead.chain)
    )
    if chain is not None:
        statement = statement.where(AuditHead.chain == chain)
    heads = db.session.scalars(statement.execution_options(populate_existing=True))
    return [_line(Mark(head.chain, head.number, head.hash), keys(_USE)[0]) for head in heads]


def marks_of(lines: list[str]) -> list[Mark]:
    """Heads that were kept, read again. Raises ValueError naming the first line that this site did not write so."""
    marks: list[Mark] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            chain, rows, last, _ = line.split()
            mark = Mark(chain, int(rows), bytes.fromhex(last))
        except ValueError:
            raise ValueError(f"line {number} is not a head as `flask audit heads` prints it") from None
        if not any(
            hmac.compare_digest(_line(mark, one).encode(), line.strip().encode()) for one in keys(_USE)
        ):
            raise ValueError(f"line {number} was not written by this site, or with another SECRET_KEY")
        marks.append(mark)
    return marks


def _line(head: Mark, with_key: bytes) -> str:
    text = f"{head.chain} {head.number} {head.hash_start.hex()}"
    return f"{text} {hmac.new(with_key, text.encode(), hashlib.sha256).hexdigest()[:32]}"
