"""When a message is tried again: only what was surely not accepted, a few times, never past the life of its code."""

import random
from datetime import datetime, timedelta

from services.clock import now

#: Tries in all, by channel. A person waits for a text; a mail may come later.
MOST = {"sms": 3, "voice": 2, "mail": 10}
_SHORTEST = 0.3
_LONGEST_MAIL = 600.0


def next_try(
    channel: str, attempts: int, expires_at: datetime | None, after: float | None = None
) -> datetime | None:
    """When to try again after ``attempts`` tries; None: not any more.

    ``after``: seconds that the provider asked us to wait. It is waited for, however long, if the code lives so long.
    """
    if attempts >= MOST[channel]:
        return None
    wait = max(_wait(channel, attempts) if after is None else after, _SHORTEST)
    due = now() + timedelta(seconds=wait * random.uniform(1.0, 1.3))  # noqa: S311  # jitter, not a secret
    return due if expires_at is None or due < expires_at else None


def _wait(channel: str, attempts: int) -> float:
    """1 s and 3 s for a text; 2, 4, 8 … s for a mail."""
    if channel == "mail":
        return min(_LONGEST_MAIL, 2.0**attempts)
    return float(3 ** (attempts - 1))
