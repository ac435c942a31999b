"""What each text counts towards, and what may be sent at all. docs/decisions/0012-what-a-text-may-cost.md says why."""

from collections.abc import Iterator

from config import settings
from services import limits
from services.limits import LimitExceeded
from services.number_places import country_of, prefix_of
from services.origin import current_origin
from services.sending import pauses, rescue
from services.sending.refusals import RangePaused, RegionClosed
from services.sending.rescue import Code, Rescue

#: What somebody else can have used up who knew the password before.
_RESCUED = frozenset({"sms_number", "sms_new_user", "sms_new_number"})


def count(text: Code) -> None:
    """Count one text, or raise LimitExceeded with the name of what forbids it. Inside the write() that sends.

    What was counted before the limit that refuses goes back with the transaction. The rows that everybody shares are
    taken last.
    """
    _check_place(text)
    rescue.hit_each(dict(_limits(text)), _rescue_of(text))
    for name, subject in _limits_of_all(text):
        limits.hit_for_all(name, subject)


def refusal(text: Code) -> LimitExceeded | None:
    """What would forbid this text now; counts nothing."""
    try:
        _check_place(text)
        rescue.check_each(dict(_limits(text)), _rescue_of(text))
        for name, subject in _limits_of_all(text):
            limits.check_for_all(name, subject)
    except LimitExceeded as found:
        return found
    return None


def _rescue_of(text: Code) -> Rescue | None:
    return Rescue("sms_number_rescue", _RESCUED, (text.number,)) if text.has_fresh_password else None


def _check_place(text: Code) -> None:
    allowed = settings().regions
    if allowed and country_of(text.number) not in allowed:
        raise RegionClosed
    if text.proved:  # a pause is for numbers that nobody is known to hold
        return
    left = pauses.seconds_left(text.number, text.account_id)
    if left:
        raise RangePaused(left)


def _limits(text: Code) -> Iterator[tuple[str, object]]:
    yield "sms_user", text.user_id
    yield "sms_user_day", text.user_id
    if text.proved:
        yield "sms_number", text.number
    else:
        # Who types a stranger's number as their own must not use up what that stranger needs for signing in.
        yield "sms_new_user", text.user_id
        yield "sms_new_number_burst", text.number
        yield "sms_new_number", text.number
        if text.account_id is not None:
            yield "sms_new_account", text.account_id
    if text.account_id is not None:
        yield "sms_account", text.account_id
    yield "sms_address", current_origin().network
    yield "sms_prefix", prefix_of(text.number)


def _limits_of_all(text: Code) -> Iterator[tuple[str, object]]:
    country = country_of(text.number)
    if country != settings().default_region:
        yield "sms_country", country
    yield "sms_site", ""
