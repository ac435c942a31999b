"""What code pages say of a text or call that failed, by what its provider said of it (code_news.py)."""

from typing import NamedTuple

from blueprints.code_words import another_number, get_help
from models.user import User
from services.gateways.vonage_codes import Meaning
from services.language import N_
from services.language import gettext as _


class Failure(NamedTuple):
    """``resend``: whether another text helps. ``correct``: the number is wrong, and who can enter another is said."""

    title: str
    text: str
    resend: bool = True
    correct: bool = False


UNSAID = Failure(
    N_("Your text message could not be sent"),
    # L10N: %(help)s is "contact support" or "ask whoever runs this site", as in the middle of a sentence
    N_("Try again with the button below. If it keeps failing, %(help)s: nobody gets on without a code."),
)
FAILED_TEXTS = {
    Meaning.NUMBER_WRONG: Failure(
        N_("There is no such mobile number"),
        N_("Your text message could not be sent. The number must be corrected first."),
        resend=False,
        correct=True,
    ),
    Meaning.NO_TEXTS: Failure(
        N_("This number cannot receive texts"),
        N_("It may be a landline, or not be in use any more."),
        resend=False,
        correct=True,
    ),
    Meaning.CARRIER_REFUSED: Failure(
        N_("Your carrier refused it"),
        N_(
            "It may block texts from companies, or your card may be out of credit. Ask your carrier, or %(help)s."
        ),
    ),
    Meaning.OPTED_OUT: Failure(
        N_("You have opted out of our texts"),
        N_(
            "Send START to the number that they came from, then ask for the text message again."
            " If that does not help, %(help)s."
        ),
    ),
    Meaning.PHONE_OFF: Failure(
        N_("Your phone is off or out of reach"),
        N_("Turn it on and look for a place with signal, then ask for the text message again."),
    ),
    Meaning.TOO_MANY: Failure(
        N_("Too many texts went to your phone"),
        N_("Wait a few minutes, then ask for the text message again."),
    ),
    Meaning.EXPIRED: Failure(
        N_("Your text message did not arrive in time"),
        N_("Your phone may be off or out of reach. Ask for the text message again."),
    ),
    Meaning.ON_THE_WAY: Failure(
        N_("Your text message got lost on its way"),
        N_("A network between us and your phone failed. Ask for the text message again."),
    ),
}

NOT_THROUGH = Failure(
    N_("Our call did not come through"), N_("Ask for a text message or another call below, or %(help)s.")
)
FAILED_CALLS = {
    Meaning.BUSY: Failure(N_("Your phone was busy"), N_("End the other call, then ask for ours again.")),
    Meaning.UNANSWERED: Failure(
        N_("Nobody answered our call"), N_("Have your phone at hand, then ask for a call again.")
    ),
    Meaning.DECLINED: Failure(
        N_("Our call was declined"),
        N_("Your phone may block unknown callers. Let them through, or %(help)s."),
    ),
    Meaning.MACHINE: Failure(
        N_("An answering machine took our call"),
        N_("We tell it no code. Have your phone at hand, then ask for a call again."),
    ),
    Meaning.PHONE_OFF: Failure(
        N_("Your phone is off or out of reach"),
        N_("Turn it on and look for a place with signal, then ask for a call again."),
    ),
    Meaning.NUMBER_WRONG: Failure(
        N_("There is no such number"), N_("The number must be corrected first."), correct=True
    ),
    Meaning.CARRIER_REFUSED: Failure(
        N_("Your carrier refused our call"), N_("Ask your carrier, or %(help)s.")
    ),
}


def text_of(failure: Failure, user: User) -> str:
    text = _(failure.text, help=get_help(user))
    return f"{text} {another_number(user)}" if failure.correct else text
