"""Why a text or call did not arrive, in words for people who run the site."""

from services.gateways.vonage_codes import Meaning

MEANINGS = {
    Meaning.NUMBER_WRONG: "There is no such number",
    Meaning.NO_TEXTS: "The number takes no texts",
    Meaning.CARRIER_REFUSED: "The carrier refused it",
    Meaning.OPTED_OUT: "The person answered STOP before",
    Meaning.PHONE_OFF: "The phone was off or out of reach",
    Meaning.TOO_MANY: "Too many at once",
    Meaning.EXPIRED: "Still on its way when its code died",
    Meaning.ON_THE_WAY: "A fault between provider and carrier",
    Meaning.ACCOUNT: "The provider refuses this site's account",
    Meaning.CONFIGURATION: "Sender or number not set up with the provider",
    Meaning.PARAMETERS: "The provider found the request wrong",
    Meaning.BUSY: "The line was busy",
    Meaning.UNANSWERED: "Nobody picked up",
    Meaning.DECLINED: "The call was declined",
    Meaning.MACHINE: "An answering machine picked up",
    Meaning.UNKNOWN: "A code without a known meaning",
}
