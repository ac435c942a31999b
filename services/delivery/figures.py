"""How texts and calls fared in the last day or month: counted by the database, added up and judged here.

Nothing of a message but its country, sender and fate is read: no number, code or text.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from extensions import db
from services.clock import now
from services.delivery import figure_queries
from services.delivery.figure_queries import Failure, Group
from services.gateways.vonage_codes import Meaning, meaning_of

#: An answer that took so long (seconds) to count is given again, ten minutes at most: counting takes a hundredth of the
#: time, unless it takes longer than six seconds.
_SLOW = 0.25
_REST, _LONGEST_REST = 100, 600

HOURS, DAYS = 24, 30


@dataclass
class Times:
    """How long something took, counted in tenths of a second: exact enough, and a few hundred numbers at most."""

    tenths: Counter[int] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.tenths)

    @property
    def count(self) -> int:
        return self.tenths.total()

    def percentile(self, percent: int) -> float | None:
        """Seconds within which so many percent of them were done (nearest rank); None where there are none."""
        wanted, seen = -(-self.count * percent // 100), 0
        for tenth in sorted(self.tenths):
            seen += self.tenths[tenth]
            if seen >= wanted:
                return tenth / 10
        return None

    @property
    def median(self) -> float | None:
        return self.percentile(50)

    @property
    def p95(self) -> float | None:
        return self.percentile(95)


@dataclass
class Tally:
    """What became of some texts or calls. Each is counted once, under what is known of it now."""

    sent: int = 0
    delivered: int = 0
    #: Taken by the provider, of which no receipt has come; or nobody knows whether it was taken.
    accepted: int = 0
    unknown: int = 0
    failed: int = 0
    #: Not sent, or not delivered, before its code died.
    expired: int = 0
    #: Still in the outbox.
    waiting: int = 0
    #: Sent with a code in it, and of these: the code came back.
    codes: int = 0
    verified: int = 0
    #: From receipts: millionths by currency, and how many receipts gave a price.
    micros: Counter[str] = field(default_factory=Counter)
    priced: int = 0
    to_delivery: Times = field(default_factory=Times)
    to_verification: Times = field(default_factory=Times)

    @property
    def promised(self) -> int:
        return self.delivered + self.accepted + self.unknown + self.failed + self.expired + self.waiting

    @property
    def not_known(self) -> int:
        return self.accepted + self.unknown

    @property
    def costs(self) -> list[tuple[str, float]]:
        """(currency, amount), by name."""
        return [(currency, micros / 1_000_000) for currency, micros in sorted(self.micros.items())]

    def add(self, group: Group) -> None:
        under = {"queued": "waiting", "sending": "waiting", "rejected": "failed"}.get(
            group.state, group.state
        )
        setattr(self, under, getattr(self, under) + group.number)
        self.sent += group.sent
        self.codes += group.codes
        self.verified += group.verified
        if group.currency and group.micros is not None:
            self.micros[group.currency] += group.micros
            self.priced += group.priced


@dataclass(frozen=True)
class Reason:
    """Why some failed. ``code``: the provider's own; ``told``: what the worker noted where there is none."""

    channel: str
    code: str | None
    told: str
    countries: Counter[str] = field(default_factory=Counter)
    senders: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        return self.countries.total()

    @property
    def meaning(self) -> Meaning | None:
        return meaning_of(self.code) if self.code else None


@dataclass(frozen=True)
class Figures:
    """``at``: when it was counted. ``by_time``: from the beginning of each hour or day, oldest first, in UTC."""

    since: datetime
    at: datetime
    hourly: bool
    channels: dict[str, Tally]
    countries: dict[tuple[str, str], Tally]
    senders: dict[tuple[str, str], Tally]
    by_time: list[tuple[datetime, Tally]]
    reasons: list[Reason]
    more_reasons: bool


#: Until when (time.monotonic()) an answer is given again.
_kept: WeakKeyDictionary[Engine, dict[bool, tuple[float, Figures]]] = WeakKeyDictionary()
#: By ``hourly``: who asks for the day does not wait for the month.
_counting = {True: threading.Lock(), False: threading.Lock()}


def figures(*, hourly: bool) -> Figures:
    """Of the last 24 hours, or of the last 30 days; the current hour or day is the last one of them.

    What is quickly counted is counted anew each time. Else the answer is ten minutes old at most: ``at`` says when.
    """
    with _counting[hourly]:
        kept = _kept.setdefault(db.engine, {})
        if hourly in kept and time.monotonic() < kept[hourly][0]:
            return kept[hourly][1]
        began = time.monotonic()
        found = _count(hourly)
        took = time.monotonic() - began
        rest = min(_REST * took, _LONGEST_REST) if took > _SLOW else 0
        kept[hourly] = (time.monotonic() + rest, found)
        return found


def first_moment(hourly: bool) -> datetime:
    moment = now().replace(minute=0, second=0, microsecond=0)
    return (
        moment - timedelta(hours=HOURS - 1) if hourly else moment.replace(hour=0) - timedelta(days=DAYS - 1)
    )


def _count(hourly: bool) -> Figures:
    since = first_moment(hourly)
    step, steps = (timedelta(hours=1), HOURS) if hourly else (timedelta(days=1), DAYS)
    by_time = {since + i * step: Tally() for i in range(steps)}
    found = Figures(since, now(), hourly, {}, {}, {}, [], *_reasons(figure_queries.failures(since)))
    for group in figure_queries.groups(since, hourly=hourly):
        for tally in _all_of(found, group.channel, group.country, group.sender):
            tally.add(group)
        if group.start in by_time:  # not what came in the minute that began while it was counted
            by_time[group.start].add(group)
    _add_times(found, figure_queries.delivery_times(since), lambda tally: tally.to_delivery)
    _add_times(found, figure_queries.verification_times(since), lambda tally: tally.to_verification)
    found.by_time.extend(by_time.items())
    return found


def _all_of(found: Figures, channel: str, country: str | None, sender: str | None) -> list[Tally]:
    return [
        found.channels.setdefault(channel, Tally()),
        found.countries.setdefault((channel, country or ""), Tally()),
        found.senders.setdefault((channel, sender or ""), Tally()),
    ]


def _add_times(found: Figures, rows: Iterable[figure_queries.Took], which: Callable[[Tally], Times]) -> None:
    for row in rows:
        for tally in _all_of(found, row.channel, row.country, row.sender):
            which(tally).tenths[max(0, row.tenths)] += row.number


def _reasons(rows: list[Failure]) -> tuple[list[Reason], bool]:
    found: dict[tuple[str, str | None, str], Reason] = {}
    for row in rows[: figure_queries.MOST_REASONS]:
        told = "" if row.error_code else (row.reason or "")
        reason = found.setdefault(
            (row.channel, row.error_code, told), Reason(row.channel, row.error_code, told)
        )
        reason.countries[row.country or ""] += row.number
        reason.senders[row.sender or ""] += row.number
    ordered = sorted(found.values(), key=lambda reason: (-reason.count, reason.code or "", reason.told))
    return ordered, len(rows) > figure_queries.MOST_REASONS
