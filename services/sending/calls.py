"""What each call counts towards, and who may be called at all: docs/decisions/0015-calls-that-speak-the-code.md.

There are numbers that pay whoever has them called. So calls have limits of their own, far below those of texts, and a
short list of countries.
"""

from collections.abc import Iterator

from config import settings
from services import limits
from services.limits import LimitExceeded
from services.number_places import country_of
from services.sending import pauses, rescue
from services.sending.refusals import CallRegionClosed, RangePaused
from services.sending.rescue import Code, Rescue

#: What somebody else can have used up who knew the password before.
_RESCUED = frozenset({"calls_user", "calls_number"})


def count(call: Code) -> None:
    """Count one call, or raise LimitExceeded with the name of what forbids it. Inside the write() that calls."""
    _check_place(call)
    rescue.hit_each(dict(_limits(call)), _rescue_of(call))
    limits.hit_for_all("calls_site")


def refusal(call: Code) -> LimitExceeded | None:
    """What would forbid this call now; counts nothing."""
    try:
        _check_place(call)
        rescue.check_each(dict(_limits(call)), _rescue_of(call))
        limits.check_for_all("calls_site")
    except LimitExceeded as found:
        return found
    return None


def _rescue_of(call: Code) -> Rescue | None:
    """Not where nobody confirmed the number: one that earns by calls is worth a new password each time.

    By person and by number: neither many numbers nor many people with one phone make it more.
    """
    if not call.proved or not call.has_fresh_password:
        return None
    return Rescue("calls_rescue", _RESCUED, (f"user {call.user_id}", f"number {call.number}"))


def _check_place(call: Code) -> None:
    config = settings()
    country = country_of(call.number)
    if country not in config.call_regions or (config.regions and country not in config.regions):
        raise CallRegionClosed
    left = 0 if call.proved else pauses.seconds_left(call.number, call.account_id)
    if left:
        raise RangePaused(left)


def _limits(call: Code) -> Iterator[tuple[str, object]]:
    yield "calls_user", call.user_id
    # Who types a stranger's number as their own must not use up what that stranger needs for signing in.
    yield "calls_number" if call.proved else "calls_new_number", call.number
    if call.account_id is not None:
        yield "calls_account", call.account_id
