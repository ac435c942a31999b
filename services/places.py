"""Countries and time zones that an account can be in."""

import unicodedata
from functools import cache
from zoneinfo import available_timezones

import phonenumbers

from services import language

_AREAS = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
    "Pacific/",
)  # fmt: skip


def countries() -> dict[str, str]:
    """{ISO 3166-1 alpha-2: name in the language spoken now}, by name.

    Every region whose numbers libphonenumber knows.
    """
    return _countries(language.current())


@cache
def _countries(_spoken: str) -> dict[str, str]:
    names = language.locale().territories
    known = {region: names.get(region, region) for region in phonenumbers.SUPPORTED_REGIONS}
    return dict(sorted(known.items(), key=lambda item: unicodedata.normalize("NFKD", item[1])))


@cache
def time_zones() -> dict[str, str]:
    """{IANA name: the name to read}, such as ``America/New_York``: "America/New York"."""
    zones = sorted(zone for zone in available_timezones() if zone.startswith(_AREAS))
    return {"UTC": "UTC"} | {zone: zone.replace("_", " ") for zone in zones}
