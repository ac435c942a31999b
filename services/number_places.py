"""Where a number is, as far as limits and pauses look: its country, and the range of numbers that it belongs to."""

import phonenumbers
from phonenumbers import NumberParseException

#: Digits at the end of a number that differ within one range: ten thousand numbers, as ranges are sold.
_RANGE_DIGITS = 4
#: Numbers that belong to no country (+882 and the like), and such as this version's metadata does not know.
NOWHERE = "001"


def country_of(e164: str) -> str:
    """Region (ISO 3166-1 alpha-2) by the whole number: +1 and +44 belong to many."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or NOWHERE
    except NumberParseException:
        return NOWHERE


def prefix_of(e164: str) -> str:
    """ "+447400123456" -> "+44740012"."""
    return e164[:-_RANGE_DIGITS]
