"""Why a text may not be sent, other than by a count."""

from services.limits import LimitExceeded

#: Names beside those of limits, in ``LimitExceeded.name``.
REGION = "sms_region"
PAUSED = "sms_paused"
CALL_REGION = "calls_region"
#: Seconds after which asking again is not quite pointless: the list of regions is the operator's.
_TOMORROW = 86400


class RegionClosed(LimitExceeded):
    """The number is in a country that gets no texts. ALLOWED_REGIONS may be newer than the number."""

    def __init__(self) -> None:
        super().__init__(REGION, _TOMORROW)


class CallRegionClosed(LimitExceeded):
    """The number is in a country where nobody is called (VOICE_REGIONS)."""

    def __init__(self) -> None:
        super().__init__(CALL_REGION, _TOMORROW)


class RangePaused(LimitExceeded):
    """Codes to new numbers of this range or country do not come back (services/sending/conversion.py)."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(PAUSED, retry_after)
