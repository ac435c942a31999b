"""After the soak: what is wrong with it, a line each. Nothing was lost, nothing doubled, nothing grew."""

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import func, select

from benchmarks.soak.records import Records
from extensions import db
from models import ContactImport, Job, Message
from models.audit import AuditEvent
from models.message import MessageState
from services import audit
from services.clock import now

#: States in which a message is at its end, and the person can be told what became of it.
_AT_END = {
    MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.REJECTED, MessageState.UNKNOWN, MessageState.EXPIRED,
}  # fmt: skip
#: What a process may hold more in the last third of the time than in the first, beyond warming up.
GROWTH = 0.10
_WARM = 0.10


def is_quiet() -> bool:
    """Nothing waits any more: no message on its way, no job that is due."""
    waiting = select(func.count()).where(Message.state.in_((MessageState.QUEUED, MessageState.SENDING)))
    due = (Job.state == "waiting") & (Job.due_at <= now())
    jobs = select(func.count()).where(due | (Job.state == "running"))
    return not db.session.scalar(waiting) and not db.session.scalar(jobs)


def messages(posts: Sequence[str], records: Records) -> Iterator[str]:
    """``posts``: our ids as the provider saw them."""
    seen = Counter(posts)
    rows = db.session.execute(
        select(
            Message.public_id, Message.state, Message.created_at, Message.expires_at, Message.template
        ).where(Message.channel == "sms")
    ).all()
    known = {row.public_id for row in rows}
    yield from (f"text {name} was sent and is not on record" for name in seen.keys() - known)
    yield from (f"text {name} was sent {count} times" for name, count in seen.items() if count > 1)
    for row in rows:
        at = row.created_at.timestamp()
        state = MessageState(row.state)
        if state not in _AT_END:
            yield f"text {row.public_id} is {state} at the end"
        elif state in {MessageState.ACCEPTED, MessageState.DELIVERED} and row.public_id not in seen:
            yield f"text {row.public_id} is said to be {state}, and the provider never saw it"
        elif state in {MessageState.REJECTED, MessageState.EXPIRED} and row.public_id in seen:
            yield f"text {row.public_id} is said to be {state}, and the provider took it"
        elif state not in {MessageState.ACCEPTED, MessageState.DELIVERED} and not any(
            fault.excuses(at, at + 30) for fault in records.faults
        ):
            yield f"text {row.public_id} ({row.template}) is {state}, and no fault was near"


def message_states() -> dict[str, int]:
    found = db.session.execute(
        select(Message.channel, Message.state, func.count()).group_by(Message.channel, Message.state)
    )
    return {f"{channel} {state}": count for channel, state, count in found}


def audit_rows(records: Records) -> Iterator[str]:
    counted = {
        (actor, event): count
        for actor, event, count in db.session.execute(
            select(AuditEvent.actor_id, AuditEvent.event, func.count()).group_by(
                AuditEvent.actor_id, AuditEvent.event
            )
        )
    }
    # A right code ends a sign-in as well as a step-up.
    least = Counter(records.confirmed)
    most = Counter(records.unsure)
    for (user, event), count in list(records.confirmed.items()):
        if event == "sign_in:completed":
            least[user, "code:right"] += count
    for (user, event), count in list(records.unsure.items()):
        if event == "sign_in:completed":
            most[user, "code:right"] += count
    for (user, event), count in least.items():
        there = counted.get((user, event), 0)
        if event and not count <= there <= count + most[user, event]:
            yield f"user {user}: {event} {count} times (and {most[user, event]} perhaps), {there} on record"
    yield from (f"chain {found.chain}: row {found.number} {found.what}" for found in audit.verify())


def imports(records: Records, rows: int) -> Iterator[str]:
    found = {
        row.public_id: row
        for row in db.session.execute(
            select(
                ContactImport.public_id, ContactImport.state, ContactImport.rows_read, ContactImport.created_at,
                ContactImport.problem,
            )
        )
    }  # fmt: skip
    for name in records.imports:
        row = found.get(name)
        if row is None:
            yield f"import {name} was taken and is not on record"
            continue
        at = row.created_at.timestamp()
        if row.state != "done" and not any(fault.excuses(at, at + 60) for fault in records.faults):
            yield f"import {name} is {row.state} ({row.problem}), and no fault was near"
        if row.state == "done" and row.rows_read != rows:
            yield f"import {name} is done with {row.rows_read} rows in place of {rows}"
        if row.state not in {"done", "failed"}:
            yield f"import {name} is {row.state} at the end"


def memory_by_minute(records: Records) -> dict[str, list[float]]:
    """{process: MiB at the median of each minute}"""
    found = {}
    for process, samples in records.memory.items():
        minutes: dict[int, list[int]] = {}
        for at, kib in samples:
            minutes.setdefault(int((at - samples[0][0]) // 60), []).append(kib)
        found[process] = [round(statistics.median(kibs) / 1024, 1) for _, kibs in sorted(minutes.items())]
    return found


def memory(records: Records) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """{process: (MiB in the first third, in the last)} and what grew."""
    found, wrong = {}, []
    for process, samples in records.memory.items():
        begin, end = samples[0][0], samples[-1][0]
        span = end - begin
        first = [kib for at, kib in samples if _WARM * span <= at - begin < span / 3]
        last = [kib for at, kib in samples if at - begin >= 2 * span / 3]
        if not first or not last:
            continue
        before, after = statistics.median(first) / 1024, statistics.median(last) / 1024
        found[process] = (before, after)
        if after > before * (1 + GROWTH):
            wrong.append(f"{process}: {before:.0f} MiB in the first third, {after:.0f} in the last")
    return found, wrong
