"""Which notices may go by text. Their mails go in any case.

Whoever uses up the codes of a number, a country or the whole site must not hush a notice up, so notices have counts of
their own. These bound how often one phone rings, and what an owner who flips numbers back and forth can cost.
"""

from collections.abc import Iterable

from config import settings
from services import limits
from services.limits import LimitExceeded
from services.number_places import country_of
from services.sending import pauses


def reachable(people: Iterable[tuple[str, bool]], account_id: int | None) -> set[str]:
    """The numbers of ``people`` (number, whether its user confirmed it) that one notice by text may go to, counted.

    Inside the write() that sends. In the order of the numbers, so that two accounts do not wait for each other.
    """
    allowed = settings().regions
    found = set()
    for number, proved in sorted(set(people)):
        if allowed and country_of(number) not in allowed:
            continue
        if not proved and pauses.seconds_left(number, account_id):
            continue
        try:
            limits.hit("sms_notices_number", number)
            limits.hit("sms_notices_account", account_id or "support")
        except LimitExceeded:
            continue
        found.add(number)
    return found
