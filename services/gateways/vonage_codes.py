"""What Vonage's codes mean, for whoever acts on them: the worker, the code page, the operators' page.

A text's code has four digits ("1190": developer.vonage.com, "Messages API errors"). A call has none; the word of its
last event stands in their place ("busy": "Voice API webhook reference").
"""

from enum import StrEnum
from typing import Final

from services.gateways import Kind


class Meaning(StrEnum):
    """Why a text or call did not reach its phone."""

    #: There is no such number.
    NUMBER_WRONG = "number_wrong"
    #: The number is there, and takes no texts: a landline, a number out of use, a phone that cannot.
    NO_TEXTS = "no_texts"
    CARRIER_REFUSED = "carrier_refused"
    #: The person answered STOP to an earlier text.
    OPTED_OUT = "opted_out"
    #: Off, out of reach, or busy with another text.
    PHONE_OFF = "phone_off"
    TOO_MANY = "too_many"
    #: It was still on its way when its code died.
    EXPIRED = "expired"
    #: A fault between the provider and the carrier that passes by itself.
    ON_THE_WAY = "on_the_way"
    #: Ours, each another person's to mend: with the provider, in the settings, in this program.
    ACCOUNT = "account"
    CONFIGURATION = "configuration"
    PARAMETERS = "parameters"
    # Calls only.
    BUSY = "busy"
    UNANSWERED = "unanswered"
    DECLINED = "declined"
    #: An answering machine picked up, so nothing was said.
    MACHINE = "machine"
    UNKNOWN = "unknown"

    @property
    def is_ours(self) -> bool:
        """Nobody who waits for a code can do anything about it, and everybody may be waiting."""
        return self in {Meaning.ACCOUNT, Meaning.CONFIGURATION, Meaning.PARAMETERS}

    @property
    def kind(self) -> Kind:
        """The same, as the sending seam divides refusals (services/gateways/__init__.py)."""
        if self in {Meaning.EXPIRED, Meaning.UNKNOWN, Meaning.PARAMETERS}:
            return "parameters"
        if self is Meaning.ACCOUNT:
            return "account"
        return "configuration" if self is Meaning.CONFIGURATION else "number"


_M = Meaning
#: By what stands in ``Message.error_code`` of a text.
TEXTS: Final = {
    "1000": _M.TOO_MANY, "1010": _M.PARAMETERS, "1020": _M.PARAMETERS, "1030": _M.ON_THE_WAY,
    "1040": _M.NUMBER_WRONG, "1050": _M.NO_TEXTS, "1060": _M.ACCOUNT, "1070": _M.ACCOUNT, "1080": _M.ACCOUNT,
    "1100": _M.ON_THE_WAY, "1120": _M.CONFIGURATION, "1130": _M.PARAMETERS, "1140": _M.ACCOUNT,
    "1160": _M.CONFIGURATION, "1170": _M.NUMBER_WRONG, "1180": _M.PHONE_OFF, "1190": _M.NO_TEXTS,
    "1200": _M.CARRIER_REFUSED, "1210": _M.CARRIER_REFUSED, "1220": _M.PHONE_OFF, "1230": _M.ON_THE_WAY,
    "1240": _M.OPTED_OUT, "1241": _M.TOO_MANY, "1250": _M.ON_THE_WAY, "1260": _M.NO_TEXTS,
    "1280": _M.CARRIER_REFUSED, "1290": _M.CARRIER_REFUSED, "1300": _M.NO_TEXTS, "1310": _M.NO_TEXTS,
    "1330": _M.UNKNOWN, "1331": _M.ON_THE_WAY, "1360": _M.EXPIRED,
}  # fmt: skip

#: By what stands in ``Message.error_code`` of a call.
_CALLS: Final = {
    "busy": _M.BUSY,
    "unanswered": _M.UNANSWERED,
    "timeout": _M.UNANSWERED,
    "cancelled": _M.UNANSWERED,
    "rejected": _M.DECLINED,
    "declined": _M.DECLINED,
    "machine": _M.MACHINE,
    "failed": _M.ON_THE_WAY,
    "bad_number": _M.NUMBER_WRONG,
    "no_service": _M.NUMBER_WRONG,
    "restricted": _M.CARRIER_REFUSED,
    "no_route": _M.CARRIER_REFUSED,
    "internal": _M.ON_THE_WAY,
    "no_carrier": _M.ON_THE_WAY,
    "off": _M.PHONE_OFF,
}
#: The ``detail`` of a call that failed, in the ten characters of ``Message.error_code``.
_DETAILS: Final = {
    "invalid_number": "bad_number",
    "number_out_of_service": "no_service",
    "restricted": "restricted",
    "cannot_route": "no_route",
    "declined": "declined",
    "internal_error": "internal",
    "carrier_timeout": "no_carrier",
    "unavailable": "off",
}


def meaning_of(code: str | None) -> Meaning:
    """Of ``Message.error_code``, whichever channel it is of; UNKNOWN for what is in neither table."""
    if code is None:
        return Meaning.UNKNOWN
    return TEXTS.get(code) or _CALLS.get(code) or Meaning.UNKNOWN


def code_of_call(status: str, detail: object) -> str:
    """``Message.error_code`` for a call that ended with this event."""
    return (_DETAILS.get(detail) if isinstance(detail, str) else None) or status
