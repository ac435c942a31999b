"""The one place that asks what time it is: the server's clock, in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def seconds_until(moment: datetime | None) -> int:
    """Whole seconds, 0 when it is past or there is nothing to wait for."""
    if moment is None or moment <= now():
        return 0
    return int((moment - now()).total_seconds()) + 1
