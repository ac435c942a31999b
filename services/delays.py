"""Growing delays: whoever fails too often waits, longer with every failure, and is never locked out for good.

A name or an address may fail as often as its limit says ("5/day") without a wait, and one failure is forgotten each
time that fraction of the period is over (every 4.8 hours). Beyond that the next try is answered only after
SIGN_IN_DELAY's first wait, and every failure doubles it up to the longest. A try during a wait is not judged and
prolongs nothing: otherwise a stranger could keep somebody waiting for ever.

Source: NIST SP 800-63B-4 3.2.2 (at most 100 failures in a row, waits that grow as that number comes near).
Why a delay and no lock: docs/decisions/0011-growing-delay.md.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import BigInteger, Integer, Table, and_, bindparam, case, delete, select, update

from config import parse_growth, settings
from extensions import db
from models.limit import GrowingDelay
from services.clock import now
from services.limits import LimitExceeded, key_hash, rate_of
from services.unit_of_work import changed, write
from services.upsert import dialect, insert_for

#: From SIGN_IN_FAILURES on, one try a day for that name. A network is shared: it waits at most SIGN_IN_DELAY's longest.
_DAY = 86_400_000


@dataclass(frozen=True)
class _Rule:
    """``free`` failures cost no wait; one is forgotten every ``interval`` milliseconds."""

    free: int
    interval: int
    is_shared: bool

    @classmethod
    def of(cls, name: str) -> "_Rule":
        free, period = rate_of(name)
        return cls(free, max(1, period * 1000 // free), is_shared=name == "sign_in_address")

    def wait(self, failures: int) -> int:
        """Milliseconds to wait after so many failures."""
        if failures >= settings().sign_in_failures and not self.is_shared:
            return _DAY
        first, longest = parse_growth(settings().sign_in_delay)
        over = failures - self.free
        return 1000 * min(longest, first << min(over, 20)) if over >= 0 else 0


def hit(name: str, subject: object) -> int:
    """Count a try as a failure before it is judged, or raise LimitExceeded while ``subject`` must wait.

    ``name`` names the setting: ``hit("sign_in_user", …)`` obeys LIMIT_SIGN_IN_USER. Returns what ``give_back``
    wants. One statement judges and counts, and holds the row while another sets the wait: of many at the same moment
    no more pass than of as many in a row.
    """
    rule, moment = _Rule.of(name), _now()
    with write() as session:
        given = {**_which(name, subject), "moment": moment, "interval": rule.interval}
        counted = session.execute(_counting(dialect()), given).scalar_one_or_none()
        if counted is None:
            until = session.scalar(_WAITS_UNTIL, _which(name, subject))
            raise LimitExceeded(name, -(-((until or 0) - _now()) // 1000))
        wait = rule.wait(counted)
        if not wait:
            return 0
        until = _now() + wait
        changed(_LET_WAIT, {**_which(name, subject), "until": until})
        return until


@cache
def _counting(of_database: str) -> Any:
    """Put together once: it takes a millisecond, and every sign-in runs it."""
    row, moment, interval = (
        _ROW.c,
        bindparam("moment", type_=BigInteger),
        bindparam("interval", type_=BigInteger),
    )
    gone = case((row.since < moment, (moment - row.since) // interval), else_=0)
    failures = case((gone >= row.failures, 0), else_=row.failures - gone) + 1
    since = case((gone >= row.failures, moment), else_=row.since + gone * interval)
    return (
        insert_for(of_database, _ROW)
        .values(
            name=bindparam("of_name"), key_hash=bindparam("of_hash"), failures=1, since=moment, waits_until=0,
            forgotten_at=moment + interval,
        )
        .on_conflict_do_update(
            index_elements=["name", "key_hash"],
            set_={"failures": failures, "since": since, "forgotten_at": since + failures * interval},
            where=row.waits_until <= moment,
        )
        .returning(row.failures)
    )  # fmt: skip


def weigh(name: str, subject: object, more: int) -> None:
    """Let a failure that was counted weigh as much as ``more`` others besides. Begins no wait by itself."""
    with write():
        changed(_WEIGH, {**_which(name, subject), "more": more})


def give_back(name: str, subject: object, counted: int) -> None:
    """The try was no failure. ``counted``: what ``hit`` returned; a wait that a later failure began stays."""
    with write():
        changed(_GIVE_BACK, {**_which(name, subject), "counted": counted})


def forget(name: str, subject: object) -> None:
    """Start again from nothing: the person has proved who they are, with every step that is asked of them."""
    with write():
        changed(_FORGET, _which(name, subject))


def failures(name: str, subject: object) -> int:
    """As they were counted last, none forgotten since."""
    return db.session.scalar(_FAILURES, _which(name, subject)) or 0


def _which(name: str, subject: object) -> dict[str, Any]:
    return {"of_name": name, "of_hash": key_hash(name, subject)}


# --- statements, put together once

_ROW = cast(Table, GrowingDelay.__table__)
Columns = _ROW.c
_IS = and_(Columns.name == bindparam("of_name"), Columns.key_hash == bindparam("of_hash"))
_WAITS_UNTIL = select(_ROW.c.waits_until).where(_IS)
_FAILURES = select(_ROW.c.failures).where(_IS)
_FORGET = delete(_ROW).where(_IS)
_LET_WAIT = update(_ROW).where(_IS).values(waits_until=bindparam("until", type_=BigInteger))
_WEIGH = update(_ROW).where(_IS).values(failures=_ROW.c.failures + bindparam("more", type_=Integer))
_COUNTED = bindparam("counted", type_=BigInteger)
_GIVE_BACK = (
    update(_ROW)
    .where(_IS, _ROW.c.failures > 0)
    .values(
        failures=_ROW.c.failures - 1,
        # A try that began no wait counted as 0, and ends none.
        waits_until=case((and_(_COUNTED > 0, _ROW.c.waits_until == _COUNTED), 0), else_=_ROW.c.waits_until),
    )
)


def _now() -> int:
    return int(now().timestamp() * 1000)
