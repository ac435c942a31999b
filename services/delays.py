"""Growing delays: whoever fails too often waits, longer with every failure, and is never locked out for good.

A name or an address may fail as often as its limit says ("5/day") without a wait, and one failure is forgotten each
time that fraction of the period is over (every 4.8 hours). Beyond that the next try is answered only after
SIGN_IN_DELAY's first wait, and every failure doubles it up to the longest. A try during a wait is not judged and
prolongs nothing: otherwise a stranger could keep somebody waiting for ever.

Source: NIST SP 800-63B-4 3.2.2 (at most 100 failures in a row, waits that grow as that number comes near).
Why a delay and no lock: docs/decisions/0011-growing-delay.md.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, delete, literal, select, update

from config import parse_growth, settings
from extensions import db
from models.limit import GrowingDelay
from services.clock import now
from services.limits import LimitExceeded, key_hash, rate_of
from services.unit_of_work import changed, write
from services.upsert import insert

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
    rule, moment, row = _Rule.of(name), literal(_now(), BigInteger), GrowingDelay
    gone = case((row.since < moment, (moment - row.since) // rule.interval), else_=0)
    failures = case((gone >= row.failures, 0), else_=row.failures - gone) + 1
    since = case((gone >= row.failures, moment), else_=row.since + gone * rule.interval)
    with write() as session:
        counted = session.execute(
            insert(row)
            .values(
                name=name, key_hash=key_hash(name, subject), failures=1, since=moment, waits_until=0,
                forgotten_at=moment + rule.interval,
            )
            .on_conflict_do_update(
                index_elements=["name", "key_hash"],
                set_={"failures": failures, "since": since, "forgotten_at": since + failures * rule.interval},
                where=row.waits_until <= moment,
            )
            .returning(row.failures)
        ).scalar_one_or_none()  # fmt: skip
        if counted is None:
            until = session.scalar(select(row.waits_until).where(*_is(name, subject)))
            raise LimitExceeded(name, -(-((until or 0) - _now()) // 1000))
        wait = rule.wait(counted)
        if not wait:
            return 0
        until = _now() + wait
        changed(update(row).where(*_is(name, subject)).values(waits_until=until))
        return until


def weigh(name: str, subject: object, more: int) -> None:
    """Let a failure that was counted weigh as much as ``more`` others besides. Begins no wait by itself."""
    with write():
        weightier = {"failures": GrowingDelay.failures + more}
        changed(update(GrowingDelay).where(*_is(name, subject)).values(weightier))


def give_back(name: str, subject: object, counted: int) -> None:
    """The try was no failure. ``counted``: what ``hit`` returned; a wait that a later failure began stays."""
    row = GrowingDelay
    values: dict[Any, Any] = {row.failures: row.failures - 1}
    if counted:
        values[row.waits_until] = case((row.waits_until == counted, 0), else_=row.waits_until)
    with write():
        changed(update(row).where(and_(*_is(name, subject)), row.failures > 0).values(values))


def forget(name: str, subject: object) -> None:
    """Start again from nothing: the person has proved who they are, with every step that is asked of them."""
    with write():
        changed(delete(GrowingDelay).where(*_is(name, subject)))


def failures(name: str, subject: object) -> int:
    """As they were counted last, none forgotten since."""
    return db.session.scalar(select(GrowingDelay.failures).where(*_is(name, subject))) or 0


def _is(name: str, subject: object) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return GrowingDelay.name == name, GrowingDelay.key_hash == key_hash(name, subject)


def _now() -> int:
    return int(now().timestamp() * 1000)
