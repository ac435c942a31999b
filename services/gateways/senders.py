"""What stands above a text as its sender, by the country of the number it goes to.

``VONAGE_SENDER`` is one sender for all (``ACME``) or a list (``GB=ACME,US=+12015550123,*=ACME``). A sender is
a brand of up to 11 letters and digits, or a number. Countries differ: the US takes numbers only, the UK
blocks generic words and foreign numbers (docs/decisions/0003).
"""

import re
from collections.abc import Mapping

import phonenumbers

from services.gateways import GatewayMisconfigured

_SETTING = "VONAGE_SENDER"
_BRAND = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}", re.ASCII)
_NUMBER = re.compile(r"\+?[1-9][0-9]{2,14}", re.ASCII)
_ANYWHERE = "*"

#: What a text or call may go to. The SDK's own pattern lets digits of other scripts through.
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


class Senders:
    """Senders by region (ISO 3166-1 alpha-2), numbers without their plus sign as the provider wants them."""

    def __init__(self, by_region: Mapping[str, str]) -> None:
        self._by_region = dict(by_region)

    @classmethod
    def parse(cls, setting: str) -> "Senders":
        """Raises GatewayMisconfigured."""
        entries = [entry.strip() for entry in setting.split(",") if entry.strip()]
        if not entries:
            raise GatewayMisconfigured(_SETTING, "is required: a brand or a number that texts come from")
        if len(entries) == 1 and "=" not in entries[0]:
            return cls({_ANYWHERE: _checked(entries[0])})
        by_region: dict[str, str] = {}
        for entry in entries:
            region, separator, sender = (part.strip() for part in entry.partition("="))
            if not separator or not re.fullmatch(r"[A-Za-z]{2}|\*", region):
                raise GatewayMisconfigured(
                    _SETTING, "must be one sender, or a list such as GB=ACME,US=+12015550123,*=ACME"
                )
            if region.upper() in by_region:
                raise GatewayMisconfigured(_SETTING, f"names {region.upper()} twice")
            by_region[region.upper()] = _checked(sender)
        return cls(by_region)

    def for_number(self, e164: str) -> str | None:
        """The sender for this number, None if its country has none. (+1 and +44 are many countries.)"""
        if len(self._by_region) > 1 or _ANYWHERE not in self._by_region:
            sender = self._by_region.get(_region(e164))
            if sender is not None:
                return sender
        return self._by_region.get(_ANYWHERE)


def brand_sender(brand: str) -> str:
    """A sender made of the brand's name, for the development outbox: its letters and digits, 11 at most."""
    return re.sub(r"[^A-Za-z0-9]", "", brand)[:11] or "CODE"


def _checked(sender: str) -> str:
    if _NUMBER.fullmatch(sender):
        return sender.removeprefix("+")
    if _BRAND.fullmatch(sender):
        return sender
    raise GatewayMisconfigured(_SETTING, "must be 1 to 11 letters and digits, or a number of up to 15 digits")


def _region(e164: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164, None)) or ""
    except phonenumbers.NumberParseException:
        return ""
