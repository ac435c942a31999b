"""Why a text or call did not arrive, in words for people who run the site."""

from services.gateways.vonage_codes import Meaning
from services.language import N_

MEANINGS = {
    Meaning.NUMBER_WRONG: N_("There is no such number"),
    Meaning.NO_TEXTS: N_("The number takes no texts"),
    Meaning.CARRIER_REFUSED: N_("The carrier refused it"),
    Meaning.OPTED_OUT: N_("The person answered STOP before"),
    Meaning.PHONE_OFF: N_("The phone was off or out of reach"),
    Meaning.TOO_MANY: N_("Too many at once"),
    Meaning.EXPIRED: N_("Still on its way when its code died"),
    Meaning.ON_THE_WAY: N_("A fault between provider and carrier"),
    Meaning.ACCOUNT: N_("The provider refuses this site's account"),
    Meaning.CONFIGURATION: N_("Sender or number not set up with the provider"),
    Meaning.PARAMETERS: N_("The provider found the request wrong"),
    Meaning.BUSY: N_("The line was busy"),
    Meaning.UNANSWERED: N_("Nobody picked up"),
    Meaning.DECLINED: N_("The call was declined"),
    Meaning.MACHINE: N_("An answering machine picked up"),
    Meaning.UNKNOWN: N_("A code without a known meaning"),
}
