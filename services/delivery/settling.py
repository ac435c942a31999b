"""What became of the messages that were handed over: written down, several in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, func, update

from models.message import Message, MessageState
from services.clock import now
from services.delivery import answers, circuits, order, slots
from services.delivery.claiming import Ended, Taken
from services.delivery.life import Step, take_steps
from services.delivery.retries import next_try
from services.delivery.roads import usable
from services.gateways import PROVIDER_ID, Accepted, Answer, Refused, Retry, Unknown
from services.undelivered import refusal
from services.unit_of_work import write

#: Seconds that everybody waits when the provider says "too many" and not for how long.
_BRIEFLY = 1.0

_TABLE: Any = Message.__table__
_STILL_OURS = (
    _TABLE.c.id == bindparam("of_id"),
    _TABLE.c.state == MessageState.SENDING,
    _TABLE.c.lease_until == bindparam("of_lease"),
)
_SETTLE = (
    update(_TABLE)
    .where(*_STILL_OURS)
    .values(
        state=bindparam("to_state"), attempts=bindparam("to_attempts"), lease_until=None,
        due_at=func.coalesce(bindparam("to_due_at", type_=_TABLE.c.due_at.type), _TABLE.c.due_at),
        settled_at=bindparam("to_settled_at"), provider_id=bindparam("to_provider_id"),
        reason=bindparam("to_reason"), error_code=bindparam("to_error_code"), gateway=bindparam("to_gateway"),
        sender=bindparam("to_sender"), sent_at=bindparam("to_sent_at"), accepted_at=bindparam("to_accepted_at"),
    )
)  # fmt: skip
#: A receipt can be here before the answer; then it has settled the message, and only these are missing.
_RECEIPT_CAME_FIRST = (
    update(_TABLE)
    .where(
        _TABLE.c.id == bindparam("of_id"), _TABLE.c.lease_until.is_(None), _TABLE.c.sender.is_(None),
        _TABLE.c.attempts == bindparam("of_attempts"), _TABLE.c.state != MessageState.QUEUED,
    )
    .values(
        gateway=bindparam("to_gateway"), sender=bindparam("to_sender"), sent_at=bindparam("to_sent_at"),
        accepted_at=case(
            (_TABLE.c.accepted_at.is_(None), bindparam("to_accepted_at", type_=_TABLE.c.accepted_at.type)),
            else_=_TABLE.c.accepted_at,
        ),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """``sent_at``: just before the gateway was called, ``at``: when it had answered."""

    taken: Taken
    answer: Answer | Ended
    sent_at: datetime | None
    at: datetime


@dataclass(slots=True)
class _Verdict:
    state: MessageState
    event: str
    detail: str = ""
    reason: str | None = None
    error_code: str | None = None
    provider_id: str | None = None
    due_at: datetime | None = None
    #: It was not a try: the provider looked at who we are, and no further.
    uncounted: bool = False


def settle(outcomes: Sequence[Outcome]) -> list[datetime]:
    """Write down what became of messages; returns when those that go back to the queue are due.

    A message whose lease was over and that somebody else has settled stays as it is.
    """
    ordered = sorted(outcomes, key=lambda outcome: outcome.taken.message.id)
    with write() as session:
        verdicts = [(outcome, _judge(outcome)) for outcome in ordered]
        rows = [_row(outcome, verdict) for outcome, verdict in verdicts]
        settled = session.connection().execute(_SETTLE, rows).rowcount
        if settled != len(rows):
            late = [row for row in rows if row["to_accepted_at"] is not None]
            if late:
                session.connection().execute(_RECEIPT_CAME_FIRST, late)
        take_steps([Step(o.taken.message, verdict.event, verdict.detail) for o, verdict in verdicts])
    for outcome, verdict in verdicts:
        if not isinstance(outcome.answer, Ended):
            answers.count(outcome.taken.road.name, verdict.event)
    return [verdict.due_at for _, verdict in verdicts if verdict.due_at is not None]


def _row(outcome: Outcome, verdict: _Verdict) -> dict[str, Any]:
    taken, answer = outcome.taken, outcome.answer
    called = not isinstance(answer, Ended)
    again = verdict.state == MessageState.QUEUED
    accepted = verdict.state == MessageState.ACCEPTED
    return {
        "of_id": taken.message.id,
        "of_lease": taken.lease_until,
        "of_attempts": taken.attempts,
        "to_state": verdict.state,
        "to_attempts": taken.attempts - verdict.uncounted,
        "to_due_at": verdict.due_at,
        "to_settled_at": None if again else outcome.at,
        "to_provider_id": verdict.provider_id,
        "to_reason": verdict.reason[:200] if verdict.reason else None,
        "to_error_code": verdict.error_code[:10] if verdict.error_code else None,
        "to_gateway": (getattr(answer, "gateway", None) or taken.road.name) if called else None,
        "to_sender": (getattr(answer, "sender", None) or "")[:16] or None,
        # Of what was not taken nothing was sent; the figures go by it.
        "to_sent_at": outcome.sent_at if accepted or verdict.state == MessageState.UNKNOWN else None,
        "to_accepted_at": outcome.at if accepted else None,
    }


def _judge(outcome: Outcome) -> _Verdict:
    """What an answer means for the message, and for those that go by the same road after it."""
    taken, answer, name = outcome.taken, outcome.answer, outcome.taken.road.name
    if isinstance(answer, Ended):
        if taken.probe:
            circuits.give_back(name)
        return _Verdict(answer.state, answer.event, answer.reason, answer.reason)
    if isinstance(answer, Refused) and answer.kind == "account":
        return _hold(taken, answer)
    if taken.probe:
        if isinstance(answer, Accepted | Refused):
            circuits.close(name)
        else:
            circuits.probe_said_nothing(name)
    if isinstance(answer, Accepted):
        took = f", {1000 * (outcome.at - outcome.sent_at).total_seconds():.0f} ms" if outcome.sent_at else ""
        return _Verdict(
            MessageState.ACCEPTED, "accepted", f"by {name}{took}", provider_id=_name(answer.provider_id)
        )
    if isinstance(answer, Refused | Retry) and _goes_by_another_road(taken, answer):
        if isinstance(answer, Retry):
            _hold_others_back(name, answer)
        told = f"not by {name}: {answer.reason}"
        return _Verdict(MessageState.QUEUED, "retry", told, told, due_at=outcome.at)
    if isinstance(answer, Refused):
        told = refusal(answer)
        return _Verdict(MessageState.REJECTED, "refused", told, told, error_code=answer.code)
    if isinstance(answer, Retry):
        _hold_others_back(name, answer)
        return _again(taken, answer)
    if taken.message.channel == "mail":
        # The same mail twice shows once in most mailboxes; none at all may lock somebody out.
        return _again(taken, Retry(answer.reason))
    return _Verdict(MessageState.UNKNOWN, "unknown", answer.reason, answer.reason)


def _goes_by_another_road(taken: Taken, answer: Refused | Retry) -> bool:
    """Whether the next provider is asked at once: this one surely did not take it, and not because of whom it is for.

    Each is asked once; after that a message waits as it would with one provider.
    """
    mendable_elsewhere = isinstance(answer, Retry) or answer.kind == "configuration"
    return mendable_elsewhere and taken.attempts < usable(taken.message.channel)


def _hold(taken: Taken, answer: Refused) -> _Verdict:
    """Surely not accepted, and no other one would be: it waits for the provider to take us again."""
    name = taken.road.name
    # A mail server refuses our password, whatever the mail.
    if taken.message.channel != "mail" and order.alone_is_refused(taken.message, name):
        if taken.probe:
            circuits.probe_said_nothing(name)
        told = f"only this message: {answer.reason}"
        return _Verdict(MessageState.REJECTED, "refused", told, told, error_code=answer.code)
    probe_at = circuits.refused(name, answer.reason, probe=taken.probe)
    expires_at = taken.message.expires_at
    if usable(taken.message.channel):
        probe_at = now()  # somebody else takes it at once
    due_at = probe_at if expires_at is None else min(probe_at, expires_at)
    return _Verdict(
        MessageState.QUEUED, "held", order.refusal(name, answer.reason),
        f"held: {name} refuses us ({answer.reason})", due_at=due_at, uncounted=True,
    )  # fmt: skip


def _hold_others_back(name: str, answer: Retry) -> None:
    """An answer of HTTP that says "later" means "too many"; without an answer nothing is known of how many."""
    if answer.after is not None or answer.reason.startswith("HTTP"):
        slots.push(name, _BRIEFLY if answer.after is None else answer.after)


def _again(taken: Taken, answer: Retry | Unknown) -> _Verdict:
    after = answer.after if isinstance(answer, Retry) else None
    due_at = next_try(taken.message.channel, taken.attempts, taken.message.expires_at, after)
    if due_at is None:
        told = f"not sent: {answer.reason}"
        return _Verdict(MessageState.REJECTED, "refused", told, told)
    wait = (due_at - now()).total_seconds()
    return _Verdict(
        MessageState.QUEUED, "retry", f"{answer.reason}; again in {wait:.1f} s", answer.reason, due_at=due_at
    )


def _name(provider_id: str) -> str | None:
    """What receipts will call the message; None for what is no name: it was taken, and must not be taken twice."""
    return provider_id if PROVIDER_ID.fullmatch(provider_id) else None
