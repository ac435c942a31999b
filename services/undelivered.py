"""Why a text or call did not reach its phone, as far as anybody said."""

from models.message import Message, MessageState
from services import risk
from services.gateways import Refused
from services.gateways.vonage_codes import Meaning, meaning_of

#: Of a refusal that came without a code.
_BY_KIND: dict[str, Meaning] = {
    "number": Meaning.NUMBER_WRONG,
    "account": Meaning.ACCOUNT,
    "configuration": Meaning.CONFIGURATION,
    "parameters": Meaning.PARAMETERS,
}


def refusal(answer: Refused) -> str:
    """For ``Message.reason``: "account: HTTP 401". ``why`` reads it again."""
    return f"{answer.kind}: {answer.reason}"


def why(message: Message) -> Meaning:
    """UNKNOWN where nobody said, and for what has not failed."""
    if message.state == MessageState.EXPIRED:
        return Meaning.EXPIRED
    if message.state != MessageState.REJECTED:
        return Meaning.UNKNOWN
    found = meaning_of(message.error_code)
    if found is not Meaning.UNKNOWN:
        return found
    if message.reason == risk.CANNOT_RECEIVE:  # the provider's insights found it out, and not a text
        return Meaning.NO_TEXTS
    return _BY_KIND.get((message.reason or "").partition(":")[0], Meaning.UNKNOWN)
