"""Mobile numbers: one canonical form (E.164) before every comparison, limit and text.

libphonenumber judges; a number is taken when it is valid and of type MOBILE or FIXED_LINE_OR_MOBILE (all there is in
North America and a few other regions).
"""

import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from config import settings
from services.language import N_
from services.language import gettext as _

#: Longer texts are not looked at: no number with its spaces and brackets needs more.
MAX_TYPED = 60

_REFUSED_TYPES = {
    PhoneNumberType.FIXED_LINE: N_("This is a landline. Enter a mobile number, so that we can text it"),
    PhoneNumberType.PREMIUM_RATE: N_("This is a premium-rate number. Enter a mobile number"),
    PhoneNumberType.SHARED_COST: N_("This is a shared-cost number. Enter a mobile number"),
    PhoneNumberType.TOLL_FREE: N_("This is a freephone number. Enter a mobile number"),
    PhoneNumberType.PAGER: N_("This is a pager number. Enter a mobile number"),
    PhoneNumberType.VOIP: N_("This is an internet phone number. Enter a mobile number"),
    PhoneNumberType.PERSONAL_NUMBER: N_("This is a personal (forwarding) number. Enter a mobile number"),
    PhoneNumberType.UAN: N_("This is a company-wide number. Enter a mobile number"),
    PhoneNumberType.VOICEMAIL: N_("This is a voicemail number. Enter a mobile number"),
}
_ALLOWED_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_PUNCTUATION = frozenset(" ()-.+/\u00a0\u202f\u2010\u2011\u2012\u2013\u2014")


class NumberRefused(ValueError):
    """``str()`` says, to the person who typed it, what to do."""


@dataclass(frozen=True)
class MobileNumber:
    e164: str
    typed: str
    region: str


def parse_mobile(typed: str, region: str) -> MobileNumber:
    """What a person typed, read as from ``region`` unless it has a country code. Raises NumberRefused."""
    typed = unicodedata.normalize("NFKC", typed[: 4 * MAX_TYPED]).strip()
    _check_characters(typed)
    try:
        number = phonenumbers.parse(typed, region)
    except NumberParseException as exc:
        if exc.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            raise NumberRefused(
                _("Country code not found. Check the number, or start it with + and the country code")
            ) from None
        if exc.error_type == NumberParseException.TOO_LONG:
            raise NumberRefused(_("Mobile number is too long")) from None
        if exc.error_type in {NumberParseException.TOO_SHORT_NSN, NumberParseException.TOO_SHORT_AFTER_IDD}:
            raise NumberRefused(_("Mobile number is too short")) from None
        raise NumberRefused(_("Enter a mobile number, such as 07400 123456 or +44 7400 123456")) from None
    if number.extension:
        raise NumberRefused(_("Enter the mobile number without an extension"))
    _check_number(number)
    found = phonenumbers.region_code_for_number(number) or ""
    allowed = settings().regions
    if allowed and found not in allowed:
        raise NumberRefused(_("We cannot text numbers in this country. Enter a number from another country"))
    return MobileNumber(phonenumbers.format_number(number, PhoneNumberFormat.E164), typed, found)


def looks_like_number(text: str) -> bool:
    """Whether a cell of a pasted list is the number, right or wrong, and not the name."""
    text = unicodedata.normalize("NFKC", text)
    return sum(ch.isdigit() for ch in text) > 2 and all(ch.isdigit() or ch in _PUNCTUATION for ch in text)


def region_of(e164: str | None) -> str:
    """The country of a number on record, as ISO 3166-1 alpha-2; "" for one that is of no country."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164 or "")) or ""
    except NumberParseException:
        return ""


def masked(e164: str) -> str:
    """``+447400123456`` -> ``+44 •••• ••••56``: grouping, country code and the last two digits."""
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return "••••"
    text = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    code, _space, rest = text.partition(" ")
    digits = sum(ch.isdigit() for ch in rest)
    seen = 0
    shown = []
    for ch in rest:
        if ch.isdigit():
            seen += 1
            shown.append(ch if seen > digits - 2 else "•")
        else:
            shown.append(ch)
    return f"{code} {''.join(shown)}"


def ending(e164: str) -> str:
    """The last two digits, for "ending in 56"."""
    return e164[-2:]


def readable(e164: str) -> str:
    """International format, for someone who may see the whole number."""
    return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.INTERNATIONAL)


def _check_characters(typed: str) -> None:
    if not typed:
        raise NumberRefused(_("Enter a mobile number"))
    if len(typed) > MAX_TYPED:
        raise NumberRefused(_("Mobile number is too long"))
    # Letters would be read as "vanity" digits, and an extension would be dropped without a word.
    if any(not (ch.isdigit() or ch in _PUNCTUATION) for ch in typed):
        raise NumberRefused(_("Mobile numbers can only include: 0 1 2 3 4 5 6 7 8 9 ( ) + - and spaces"))


def _check_number(number: phonenumbers.PhoneNumber) -> None:
    kind = phonenumbers.number_type(number)
    if kind in _REFUSED_TYPES:
        raise NumberRefused(_(_REFUSED_TYPES[kind]))
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.TOO_SHORT:
        raise NumberRefused(_("Mobile number is too short"))
    if possible == ValidationResult.TOO_LONG:
        raise NumberRefused(_("Mobile number is too long"))
    if not phonenumbers.is_valid_number(number) or kind not in _ALLOWED_TYPES:
        raise NumberRefused(
            _(
                "This is not a mobile number in use. Check it, and include the country code if it is from abroad"
            )
        )
