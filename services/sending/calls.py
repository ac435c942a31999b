"""What each call counts towards, and who may be called at all: docs/decisions/0015-calls-that-speak-the-code.md.

There are numbers that pay whoever has them called. So calls have limits of their own, far below those of texts, and a
short list of countries.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from config import settings
from services import limits
from services.limits import LimitExceeded
from services.number_places import country_of
from services.sending import pauses
from services.sending.refusals import CallRegionClosed, RangePaused


@dataclass(frozen=True)
class Call:
    """A call about to be made. ``proved``: this user has confirmed exactly this number before."""

    user_id: int
    account_id: int | None
    number: str
    proved: bool


def count(call: Call) -> None:
    """Count one call, or raise LimitExceeded with the name of what forbids it. Inside the write() that calls."""
    _check_place(call)
    limits.hit_each(dict(_limits(call)))
    limits.hit_for_all("calls_site")


def refusal(call: Call) -> LimitExceeded | None:
    """What would forbid this call now; counts nothing."""
    try:
        _check_place(call)
        for name, subject in _limits(call):
            limits.check(name, subject)
        limits.check_for_all("calls_site")
    except LimitExceeded as found:
        return found
    return None


def _check_place(call: Call) -> None:
    config = settings()
    country = country_of(call.number)
    if country not in config.call_regions or (config.regions and country not in config.regions):
        raise CallRegionClosed
    left = 0 if call.proved else pauses.seconds_left(call.number, call.account_id)
    if left:
        raise RangePaused(left)


def _limits(call: Call) -> Iterator[tuple[str, object]]:
    yield "calls_user", call.user_id
    yield "calls_number", call.number
    if call.account_id is not None:
        yield "calls_account", call.account_id
