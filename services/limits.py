"""How often something may happen, counted in the database: the same for every process and on every restart.

A limit slides: "5/hour" is never more than five in any hour, wherever the hour begins, so that nobody gets ten by
waiting for the clock. A period is counted in quarters; what happened counts until its quarter is a whole period old,
which is a period and a quarter at most.
"""

import hashlib
import hmac
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from config import parse_rate, settings
from extensions import db
from models.limit import LimitCounter
from services.clock import now
from services.keys import key
from services.unit_of_work import changed, write
from services.upsert import insert

#: Rows in which one count of the whole site is kept.
_ROWS = 16
#: Slices of one period.
_SLICES = 4
#: Newest first.
_COUNTS: Sequence[InstrumentedAttribute[int]] = (
    LimitCounter.count,
    LimitCounter.count_1,
    LimitCounter.count_2,
    LimitCounter.count_3,
    LimitCounter.count_4,
)


class LimitExceeded(Exception):
    """``retry_after``: whole seconds until the next try may succeed. ``name``: the limit's short name."""

    def __init__(self, name: str, retry_after: int) -> None:
        super().__init__(name)
        self.name = name
        self.retry_after = max(1, retry_after)


def rate_of(name: str) -> tuple[int, int]:
    """The setting LIMIT_<NAME>: how many, in how many seconds."""
    return parse_rate(getattr(settings(), f"limit_{name}"))


def hit(name: str, subject: object) -> None:
    """Count one, or raise LimitExceeded when the limit is used up. One atomic statement on either database.

    ``name`` names the setting: ``hit("sms_user", user.id)`` obeys LIMIT_SMS_USER. Inside a larger ``write()`` that
    rolls back, the count goes with it.
    """
    hit_each({name: subject})


def hit_each(subjects: Mapping[str, object]) -> None:
    """As ``hit`` for several limits (name: subject) in one statement: all of them are counted, or none."""
    wanted = [_Wanted(name, key_hash(name, of), *rate_of(name)) for name, of in sorted(subjects.items())]
    with write():
        full = _count_each(wanted)
        if full:
            for one in wanted:
                if one not in full:
                    _give_back(LimitCounter.name == one.name, LimitCounter.key_hash == one.hashed)
            raise _exceeded(full[0])


def hit_for_all(name: str, subject: object = "") -> None:
    """As ``hit``, for what the whole site (or a country: ``subject``) counts together: over several rows, so that one
    open transaction, which holds the row that it counted in, does not hold up everybody.

    Together the rows allow what the setting says; at the very end one may be refused that would have been the last.
    """
    limit, period = rate_of(name)
    row, share = _free_row(name, subject, limit, period)
    _count(name, row, share, period)


def check_for_all(name: str, subject: object = "") -> None:
    """Raise LimitExceeded when a limit of ``hit_for_all`` is used up, without counting."""
    limit, period = rate_of(name)
    _free_row(name, subject, limit, period)


def used(name: str, *also: str) -> tuple[int, int, datetime]:
    """How much all subjects together used of ``name``, with what ``also`` counted; the limit; and since when the
    present period runs, for what is told once a period."""
    limit, period = rate_of(name)
    of_each_row = literal(_milliseconds() * _SLICES) // (LimitCounter.period * 1000)
    total = func.sum(_taken(_distance(of_each_row)))
    counted = db.session.scalar(
        select(func.coalesce(total, 0)).where(
            LimitCounter.name.in_([name, *also]), LimitCounter.expires_at > now()
        )
    )
    stamp = int(now().timestamp())
    return int(counted or 0), limit, datetime.fromtimestamp(stamp - stamp % period, UTC)


def first_since(name: str, subject: object, seconds: int) -> bool:
    """True for the first caller in this time, and for nobody else: for what is told or recorded once in a while."""
    try:
        _count(name, subject, 1, seconds)
    except LimitExceeded:
        return False
    return True


def check(name: str, subject: object) -> None:
    """Raise LimitExceeded when the limit is used up, without counting."""
    limit, period = rate_of(name)
    found = _rows(name, [key_hash(name, subject)])
    if found and sum(_sliding(found[0], period)) >= limit:
        raise LimitExceeded(name, _seconds_until_free(found[0], limit, period))


def give_back_each(subjects: Mapping[str, object]) -> None:
    """Take back one of each limit (name: subject): it turned out not to be what they are for. Never more than was
    counted."""
    _give_back(
        or_(
            *(
                and_(LimitCounter.name == name, LimitCounter.key_hash == key_hash(name, subject))
                for name, subject in subjects.items()
            )
        )
    )


def _give_back(*which: ColumnElement[bool]) -> None:
    values: dict[Any, Any] = {
        count: case((and_(count > 0, *(newer == 0 for newer in _COUNTS[:at])), count - 1), else_=count)
        for at, count in enumerate(_COUNTS)
    }
    with write():
        changed(update(LimitCounter).where(*which, or_(*(count > 0 for count in _COUNTS))).values(values))


# --- one statement that judges and counts


@dataclass(frozen=True)
class _Wanted:
    name: str
    hashed: bytes
    limit: int
    #: Seconds.
    period: int


def _count(name: str, subject: object, limit: int, period: int) -> None:
    wanted = _Wanted(name, key_hash(name, subject), limit, period)
    with write():
        if _count_each([wanted]):
            raise _exceeded(wanted)


def _count_each(wanted: Sequence[_Wanted]) -> list[_Wanted]:
    """Count one in each row that has room; returns those that have none. In the order given, as everywhere."""
    moment = now()
    with write() as session:
        statement = insert(LimitCounter).values(
            [
                {
                    "name": one.name, "key_hash": one.hashed, "period": one.period, "slice": _slice(one.period),
                    "count": 1, "count_1": 0, "count_2": 0, "count_3": 0, "count_4": 0,
                    "expires_at": moment + timedelta(seconds=2 * one.period),
                }
                for one in wanted
            ]
        )  # fmt: skip
        new = statement.excluded
        gone = case((LimitCounter.period != new.period, _SLICES + 1), else_=_distance(new.slice))
        limit = case(*((LimitCounter.name == one.name, one.limit) for one in wanted), else_=0)
        counted = session.execute(
            statement.on_conflict_do_update(
                index_elements=["name", "key_hash"],
                set_={
                    "period": new.period,
                    "slice": case((gone == 0, LimitCounter.slice), else_=new.slice),
                    "count": _moved(0, gone) + 1,
                    **{f"count_{at}": _moved(at, gone) for at in range(1, _SLICES + 1)},
                    "expires_at": new.expires_at,
                },
                where=_taken(gone) < limit,
            ).returning(LimitCounter.name)
        ).scalars()
        names = set(counted)
    return [one for one in wanted if one.name not in names]


def _exceeded(full: _Wanted) -> LimitExceeded:
    found = _rows(full.name, [full.hashed])
    return LimitExceeded(full.name, _seconds_until_free(found[0], full.limit, full.period) if found else 1)


def _distance(current: ColumnElement[int]) -> ColumnElement[int]:
    """Slices since the row's newest. A clock that was set back gives nobody a fresh allowance: 0."""
    return case((current > LimitCounter.slice, current - LimitCounter.slice), else_=0)


def _moved(at: int, gone: ColumnElement[int]) -> ColumnElement[int]:
    """What belongs into column ``at`` after ``gone`` slices."""
    return case(*((gone == by, _COUNTS[at - by]) for by in range(at + 1)), else_=0)


def _taken(gone: ColumnElement[int]) -> ColumnElement[int]:
    """What still counts after ``gone`` slices."""
    still = [case((gone <= _SLICES - at, count), else_=0) for at, count in enumerate(_COUNTS)]
    total: ColumnElement[int] = still[0]
    for count in still[1:]:
        total = total + count
    return total


# --- the same, for reading


def _rows(name: str, hashes: list[bytes]) -> Sequence[Any]:
    return db.session.execute(
        select(LimitCounter.key_hash, LimitCounter.period, LimitCounter.slice, *_COUNTS).where(
            LimitCounter.name == name, LimitCounter.key_hash.in_(hashes)
        )
    ).all()


def _sliding(row: Any, period: int, ahead: int = 0) -> list[int]:
    """The counts of a row as they stand ``ahead`` slices from now, newest first."""
    if row.period != period:
        return []
    gone = max(0, _slice(period) - row.slice) + ahead
    return list(row[3 : 3 + max(0, len(_COUNTS) - gone)])


def _seconds_until_free(row: Any, limit: int, period: int) -> int:
    ahead = next((at for at in range(1, _SLICES + 2) if sum(_sliding(row, period, at)) < limit), 1)
    # The row may be ahead of a clock that was set back.
    ends: int = (max(_slice(period), row.slice) + ahead) * period * 1000 // _SLICES
    return (ends - _milliseconds() + 999) // 1000


def _free_row(name: str, subject: object, limit: int, period: int) -> tuple[object, int]:
    """One of the rows that are not full, and how much it may hold. Raises LimitExceeded when all are."""
    shares = {row: limit // _ROWS + (row < limit % _ROWS) for row in range(_ROWS)}
    hashes = {key_hash(name, _row(subject, row)): row for row in shares}
    found = {hashes[row.key_hash]: row for row in _rows(name, list(hashes))}
    taken = {row: sum(_sliding(one, period)) for row, one in found.items()}
    free = [row for row, share in shares.items() if taken.get(row, 0) < share]
    if not free:
        waits = [_seconds_until_free(found[row], shares[row], period) for row in found if shares[row]]
        raise LimitExceeded(name, min(waits, default=period))
    row = random.choice(free)  # noqa: S311  # which row counts it is no secret
    return _row(subject, row), shares[row]


def _row(subject: object, row: int) -> object:
    return f"{subject}:{row}" if subject else row


def _slice(period: int) -> int:
    return _milliseconds() * _SLICES // (period * 1000)


def _milliseconds() -> int:
    return int(now().timestamp() * 1000)


def key_hash(name: str, subject: object) -> bytes:
    """Keyed, so that the table tells no address or number to whoever copies it."""
    return hmac.new(key("limits"), f"{name}:{subject}".encode(), hashlib.sha256).digest()[:16]
