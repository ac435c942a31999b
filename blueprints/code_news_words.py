"""What code pages say of a text or call that failed, by what its provider said of it (code_news.py)."""

from blueprints.code_words import get_help, who_enters_another_number
from models.user import User
from services.gateways.vonage_codes import Meaning

#: Title, text, and whether another text helps.
UNSAID = (
    "Your text message could not be sent",
    "Try again with the button below. If it keeps failing, {help}: nobody gets on without a code.",
    True,
)
FAILED_TEXTS: dict[Meaning, tuple[str, str, bool]] = {
    Meaning.NUMBER_WRONG: (
        "There is no such mobile number",
        "Your text message could not be sent. The number must be corrected first. {Correct}",
        False,
    ),
    Meaning.NO_TEXTS: (
        "This number cannot receive texts",
        "It may be a landline, or not be in use any more. {Correct}",
        False,
    ),
    Meaning.CARRIER_REFUSED: (
        "Your carrier refused it",
        "It may block texts from companies, or your card may be out of credit. Ask your carrier, or {help}.",
        True,
    ),
    Meaning.OPTED_OUT: (
        "You have opted out of our texts",
        "Send START to the number that they came from, then ask for the text message again. If that does not help, "
        "{help}.",
        True,
    ),
    Meaning.PHONE_OFF: (
        "Your phone is off or out of reach",
        "Turn it on and look for a place with signal, then ask for the text message again.",
        True,
    ),
    Meaning.TOO_MANY: (
        "Too many texts went to your phone",
        "Wait a few minutes, then ask for the text message again.",
        True,
    ),
    Meaning.EXPIRED: (
        "Your text message did not arrive in time",
        "Your phone may be off or out of reach. Ask for the text message again.",
        True,
    ),
    Meaning.ON_THE_WAY: (
        "Your text message got lost on its way",
        "A network between us and your phone failed. Ask for the text message again.",
        True,
    ),
}

NOT_THROUGH = ("Our call did not come through", "Ask for a text message or another call below, or {help}.")
FAILED_CALLS: dict[Meaning, tuple[str, str]] = {
    Meaning.BUSY: ("Your phone was busy", "End the other call, then ask for ours again."),
    Meaning.UNANSWERED: ("Nobody answered our call", "Have your phone at hand, then ask for a call again."),
    Meaning.DECLINED: (
        "Our call was declined",
        "Your phone may block unknown callers. Let them through, or {help}.",
    ),
    Meaning.MACHINE: (
        "An answering machine took our call",
        "We tell it no code. Have your phone at hand, then ask for a call again.",
    ),
    Meaning.PHONE_OFF: (
        "Your phone is off or out of reach",
        "Turn it on and look for a place with signal, then ask for a call again.",
    ),
    Meaning.NUMBER_WRONG: ("There is no such number", "The number must be corrected first. {Correct}"),
    Meaning.CARRIER_REFUSED: ("Your carrier refused our call", "Ask your carrier, or {help}."),
}


def with_help(text: str, user: User) -> str:
    """``{help}`` inside a sentence, ``{Correct}`` as one of its own: who can enter another number."""
    correct = who_enters_another_number(user).capitalize()
    return text.replace("{help}", get_help(user)).replace("{Correct}", f"{correct}.")
