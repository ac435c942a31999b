"""Countries and time zones that an account can be in."""

import unicodedata
from functools import cache
from zoneinfo import available_timezones

import phonenumbers

from services import language
from services.language import gettext as _

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


def calling_codes() -> dict[str, str]:
    """{digits after the plus: name of the country}, in the language spoken now. The longest that fits counts."""
    return _calling_codes(language.current())


@cache
def _calling_codes(_spoken: str) -> dict[str, str]:
    names = countries()
    found = {}
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        if regions[0] not in names:
            continue  # satellites and the like
        found[str(code)] = names[regions[0]]
        for region in regions[1:]:
            metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
            for start in (metadata.leading_digits or "").split("|") if metadata else ():
                if start.isdigit():
                    found[f"{code}{start}"] = names[region]
    # Their numbers are told apart by area only, and there are hundreds of areas.
    found["1"] = _("%(one)s or %(other)s", one=names["US"], other=names["CA"])
    return found


@cache
def time_zones() -> dict[str, str]:
    """{IANA name: the name to read}, such as ``America/New_York``: "America/New York"."""
    zones = sorted(zone for zone in available_timezones() if zone.startswith(_AREAS))
    return {"UTC": "UTC"} | {zone: zone.replace("_", " ") for zone in zones}
