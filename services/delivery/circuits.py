"""Whether a provider takes messages from us at all (docs/decisions/0014).

A provider that refuses us as a customer (wrong key, no credit, barred) refuses every message. The first such answer
opens its circuit: messages wait in the outbox, and after a while one of them, over all workers, tries it out. What
the provider says of that one closes the circuit or keeps it open for longer.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from config import settings
from extensions import db
from models.provider import Circuit
from services.clock import now
from services.delivery import circuit_news
from services.gateways import VONAGE_VOICE
from services.unit_of_work import changed, write
from services.upsert import insert

CLOSED, OPEN, PROBING = "closed", "open", "probing"
#: Seconds until the first probe, and the longest wait between two.
FIRST_WAIT, LONGEST_WAIT = 30.0, 300.0
#: A little at random, so that workers are not in step.
_JITTER = 1.2
#: A probe that has said nothing for so long (seconds) is that of a dead worker.
PROBE_LIMIT = 90.0
#: A probe further away is that of a clock which has been set back since.
_BELIEVED = timedelta(seconds=LONGEST_WAIT * _JITTER)


def stopped() -> bool:
    """Whether no text goes out now, because every provider in SMS_GATEWAY refuses us.

    For pages that say so. Texts are promised all the same: the next one may be what tries the provider out.
    """
    return "sms" in stopped_channels()


def stopped_channels() -> set[str]:
    """The channels of which nothing goes out now."""
    names = _names()
    shut = _open_among(set[str]().union(*names.values()))
    return {channel for channel, its in names.items() if its <= shut}


def is_open(name: str) -> bool:
    """Whether the gateway of this name is not used now."""
    return bool(_open_among({name}))


def all_open() -> list[tuple[str, str]]:
    """(name, reason) of each gateway that is not used now."""
    found = db.session.execute(
        select(Circuit.name, Circuit.reason).where(Circuit.state != CLOSED).order_by(Circuit.name)
    )
    return [(name, reason) for name, reason in found]


def find(name: str) -> Circuit | None:
    """The circuit of ``name`` if it is open or probed, as it is now; None while it is closed."""
    return db.session.scalars(
        select(Circuit)
        .where(Circuit.name == name, Circuit.state != CLOSED)
        .execution_options(populate_existing=True)
    ).one_or_none()


def take_probe(name: str) -> bool:
    """Become the one who tries it out: over all workers one gets True. Inside the write() that claims the message."""
    moment = now()
    taken = changed(
        update(Circuit)
        .where(
            Circuit.name == name,
            Circuit.state != CLOSED,
            or_(
                Circuit.probe_at.is_(None),
                Circuit.probe_at <= moment,
                Circuit.probe_at > moment + _BELIEVED,
            ),
        )
        .values(state=PROBING, probe_at=moment + timedelta(seconds=PROBE_LIMIT))
    )
    return taken == 1


def seconds_to_probe(circuit: Circuit) -> float:
    """0 where it may be tried out now."""
    moment = now()
    at = circuit.probe_at
    if at is None or not moment < at <= moment + _BELIEVED:
        return 0.0
    return (at - moment).total_seconds()


def try_again_now() -> None:
    """The next message tries out what is not used: a worker that starts may have been given what was missing."""
    with write():
        changed(update(Circuit).where(Circuit.state == OPEN).values(probe_at=now()))


def refused(name: str, reason: str, *, probe: bool) -> datetime:
    """The provider refuses us as a customer. Returns when it is tried again. Inside write().

    What was on its way when another message had opened the circuit changes nothing.
    """
    moment = now()
    opened = db.session.scalar(
        insert(Circuit)
        .values(
            name=name, state=OPEN, reason=reason[:200], failures=0, changed_at=moment,
            probe_at=moment + _wait(0),
        )
        .on_conflict_do_update(
            index_elements=[Circuit.name],
            set_={
                "state": OPEN, "reason": reason[:200], "failures": 0, "changed_at": moment,
                "probe_at": moment + _wait(0),
            },
            where=Circuit.state == CLOSED,
        )
        .returning(Circuit.name)
    )  # fmt: skip
    if opened is not None:
        circuit_news.opened(name, reason, moment, **_place_of(name))
    elif probe:
        _reopen(name, failed=True, reason=reason)
    found = db.session.execute(select(Circuit.probe_at, Circuit.changed_at).where(Circuit.name == name)).one()
    if opened is None and probe:
        circuit_news.still_open(name, reason, found.changed_at, **_place_of(name))
    return found.probe_at or moment


def probe_said_nothing(name: str) -> None:
    """The probe was not refused, but not taken either: wait as long as before. Inside write()."""
    _reopen(name, failed=False)


def give_back(name: str) -> None:
    """The probe was not made: the next message is it. Inside write()."""
    changed(
        update(Circuit)
        .where(Circuit.name == name, Circuit.state == PROBING)
        .values(state=OPEN, probe_at=now())
    )


def close(name: str) -> None:
    """The probe was answered as a customer's: messages go again. Inside write()."""
    since = db.session.scalar(select(Circuit.changed_at).where(Circuit.name == name))
    if not changed(
        update(Circuit)
        .where(Circuit.name == name, Circuit.state != CLOSED)
        .values(state=CLOSED, reason="", failures=0, changed_at=now(), probe_at=None)
    ):
        return
    since = since or now()
    circuit_news.closed(name, round((now() - since).total_seconds() / 60), since)


def _names() -> dict[str, set[str]]:
    """The gateways of each channel. By the settings: whoever only asks builds none."""
    config = settings()
    return {"sms": set(config.sms_gateways), "voice": {VONAGE_VOICE}, "mail": {config.mail_gateway}}


def _place_of(name: str) -> dict[str, Any]:
    """What stops with it: its channel, and whether another gateway of that channel goes on."""
    channel, its = next(((channel, its) for channel, its in _names().items() if name in its), ("sms", {name}))
    return {"channel": channel, "goes_on": not its <= _open_among(its) | {name}}


def _open_among(names: set[str]) -> set[str]:
    found = select(Circuit.name).where(Circuit.name.in_(names), Circuit.state != CLOSED)
    return set(db.session.scalars(found))


def _reopen(name: str, *, failed: bool, reason: str | None = None) -> None:
    failures = db.session.scalar(select(func.max(Circuit.failures)).where(Circuit.name == name)) or 0
    failures += failed
    values: dict[str, object] = {"state": OPEN, "failures": failures, "probe_at": now() + _wait(failures)}
    if reason:
        values["reason"] = reason[:200]
    changed(update(Circuit).where(Circuit.name == name, Circuit.state == PROBING).values(**values))


def _wait(failures: int) -> timedelta:
    """30 s, then twice as long each time up to five minutes, and a little at random: workers should not be in step."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures, 10))
    return timedelta(seconds=longest * random.uniform(1.0, _JITTER))  # noqa: S311  # no secret
