"""What each call counts towards, and who may be called at all: docs/decisions/0015-calls-that-speak-the-code.md.

There are numbers that pay whoever has them called. So calls have limits of their own, far below those of texts, and a
short list of countries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from config import settings
from services import limits
from services.clock import now
from services.limits import LimitExceeded
from services.number_places import country_of
from services.sending import pauses
from services.sending.refusals import CallRegionClosed, RangePaused

_RESCUE = "calls_rescue"
#: What somebody else can have used up who knew the password before.
_RESCUED = frozenset({"calls_user", "calls_number"})
_RESCUE_LASTS = timedelta(days=1)


@dataclass(frozen=True)
class Call:
    """A call about to be made. ``proved``: this user has confirmed exactly this number before."""

    user_id: int
    account_id: int | None
    number: str
    proved: bool
    #: Whose password is fresh is not kept out by calls that were asked for with the old one.
    password_changed_at: datetime | None = None


def count(call: Call) -> None:
    """Count one call, or raise LimitExceeded with the name of what forbids it. Inside the write() that calls."""
    _check_place(call)
    subjects = dict(_limits(call))
    try:
        limits.hit_each(subjects)
    except LimitExceeded as full:
        if full.name not in _RESCUED or not _is_rescued(call):
            raise
        limits.hit_each({name: of for name, of in subjects.items() if name not in _RESCUED})
        for subject in _rescue_subjects(call):
            limits.hit(_RESCUE, subject)
    limits.hit_for_all("calls_site")


def refusal(call: Call) -> LimitExceeded | None:
    """What would forbid this call now; counts nothing."""
    try:
        _check_place(call)
        for name, subject in _limits(call):
            _check(call, name, subject)
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
    # Who types a stranger's number as their own must not use up what that stranger needs for signing in.
    yield "calls_number" if call.proved else "calls_new_number", call.number
    if call.account_id is not None:
        yield "calls_account", call.account_id


def _check(call: Call, name: str, subject: object) -> None:
    try:
        limits.check(name, subject)
    except LimitExceeded:
        if name not in _RESCUED or not _is_rescued(call):
            raise
        for one in _rescue_subjects(call):
            limits.check(_RESCUE, one)


def _is_rescued(call: Call) -> bool:
    """Not where nobody confirmed the number: one that earns by calls is worth a new password each time."""
    changed = call.password_changed_at
    return call.proved and changed is not None and now() - changed < _RESCUE_LASTS


def _rescue_subjects(call: Call) -> tuple[str, str]:
    """By person and by number: neither many numbers nor many people with one phone make it more."""
    return f"user {call.user_id}", f"number {call.number}"
