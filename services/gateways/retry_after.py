"""The ``Retry-After`` header (RFC 9110, section 10.2.3)."""

import re
from email.utils import parsedate_to_datetime

from services.clock import now

LONGEST = 86_400.0


def seconds_to_wait(header: str | None) -> float | None:
    """Seconds from now, 0 to a day; None for no header and for one that is neither a number nor a date."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return min(float(text), LONGEST)
    try:
        when = parsedate_to_datetime(text)
        return min(max((when - now()).total_seconds(), 0.0), LONGEST)
    except (ValueError, TypeError):  # not a date, or one without its zone
        return None
