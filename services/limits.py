"""How often something may happen, counted in the database: the same for every process and on every restart."""

import hashlib
import hmac
import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from config import parse_rate, settings
from extensions import db
from models.limit import LimitCounter
from services.clock import now
from services.keys import key
from services.unit_of_work import changed, write

#: Rows in which one count of the whole site is kept.
_ROWS = 16


class LimitExceeded(Exception):
    """``retry_after``: whole seconds until the next try may succeed. ``name``: the limit's short name."""

    def __init__(self, name: str, retry_after: int) -> None:
        super().__init__(name)
        self.name = name
        self.retry_after = max(1, retry_after)


def hit(name: str, subject: object) -> None:
    """Count one, or raise LimitExceeded when the limit is used up. One atomic statement on either database.

    ``name`` names the setting: ``hit("sms_user", user.id)`` obeys LIMIT_SMS_USER. Inside a larger ``write()`` that
    rolls back, the count goes with it.
    """
    limit, period = parse_rate(getattr(settings(), f"limit_{name}"))
    _count(name, subject, limit, period)


def hit_for_all(name: str) -> None:
    """As ``hit``, for what the whole site counts together: over several rows, so that one open transaction, which
    holds the row that it counted in, does not hold up everybody.

    Together the rows allow what the setting says; at the very end one may be refused that would have been the last.
    """
    limit, period = parse_rate(getattr(settings(), f"limit_{name}"))
    shares = {row: limit // _ROWS + (row < limit % _ROWS) for row in range(_ROWS)}
    hashes = {_key_hash(name, row): row for row in shares}
    counted = db.session.execute(
        select(LimitCounter.key_hash, LimitCounter.count).where(
            LimitCounter.name == name,
            LimitCounter.key_hash.in_(hashes),
            LimitCounter.window_start == _window_start(period),
        )
    )
    taken = {hashes[one]: count for one, count in counted}
    free = [row for row, share in shares.items() if taken.get(row, 0) < share]
    if not free:
        raise LimitExceeded(name, _seconds_left(_window_start(period), period))
    row = random.choice(free)  # noqa: S311  # which row counts it is no secret
    _count(name, row, shares[row], period)


def _count(name: str, subject: object, limit: int, period: int) -> None:
    start = _window_start(period)
    values = {
        "name": name,
        "key_hash": _key_hash(name, subject),
        "window_start": start,
        "count": 1,
        "expires_at": start + timedelta(seconds=2 * period),
    }
    with write() as session:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        statement = (
            insert(LimitCounter)
            .values(**values)
            .on_conflict_do_update(
                index_elements=["name", "key_hash", "window_start"],
                set_={"count": LimitCounter.count + 1},
                where=LimitCounter.count < limit,
            )
            .returning(LimitCounter.count)
        )
        counted = session.execute(statement).scalar_one_or_none()
    if counted is None:
        raise LimitExceeded(name, _seconds_left(start, period))


def check(name: str, subject: object) -> None:
    """Raise LimitExceeded when the limit is used up, without counting."""
    limit, period = parse_rate(getattr(settings(), f"limit_{name}"))
    start = _window_start(period)
    counted = db.session.scalar(
        select(LimitCounter.count).where(
            LimitCounter.name == name,
            LimitCounter.key_hash == _key_hash(name, subject),
            LimitCounter.window_start == start,
        )
    )
    if counted is not None and counted >= limit:
        raise LimitExceeded(name, _seconds_left(start, period))


def forget(name: str, subject: object) -> None:
    """Start the count again: the person has proved who they are."""
    with write():
        changed(
            delete(LimitCounter).where(
                LimitCounter.name == name, LimitCounter.key_hash == _key_hash(name, subject)
            )
        )


def give_back(name: str, subject: object) -> None:
    """Take back one that was counted: it turned out not to be what the limit is for."""
    period = parse_rate(getattr(settings(), f"limit_{name}"))[1]
    with write():
        changed(
            update(LimitCounter)
            .where(
                LimitCounter.name == name,
                LimitCounter.key_hash == _key_hash(name, subject),
                LimitCounter.window_start == _window_start(period),
                LimitCounter.count > 0,
            )
            .values(count=LimitCounter.count - 1)
        )


def _window_start(period: int) -> datetime:
    stamp = int(now().timestamp())
    return datetime.fromtimestamp(stamp - stamp % period, UTC)


def _seconds_left(start: datetime, period: int) -> int:
    return int((start + timedelta(seconds=period) - now()).total_seconds()) + 1


def _key_hash(name: str, subject: object) -> bytes:
    """Keyed, so that the table tells no address or number to whoever copies it."""
    return hmac.new(key("limits"), f"{name}:{subject}".encode(), hashlib.sha256).digest()[:16]
