"""Why a text or call did not reach its phone, as far as anybody said."""

from models.message import Message, MessageState
from services.gateways.vonage_codes import Meaning, meaning_of

#: By how a refusal that came without a code begins ("account: HTTP 401", services/gateways/__init__.py).
_BY_KIND = {
    "number": Meaning.NUMBER_WRONG,
    "account": Meaning.ACCOUNT,
    "configuration": Meaning.CONFIGURATION,
    "parameters": Meaning.PARAMETERS,
}
#: What the provider's insights, and not a text, found out (services/risk/numbers.py).
_NO_TEXTS = "cannot receive texts"


def why(message: Message) -> Meaning:
    """UNKNOWN where nobody said, and for what has not failed."""
    if message.state == MessageState.EXPIRED:
        return Meaning.EXPIRED
    if message.state != MessageState.REJECTED:
        return Meaning.UNKNOWN
    found = meaning_of(message.error_code)
    if found is not Meaning.UNKNOWN:
        return found
    reason = message.reason or ""
    if _NO_TEXTS in reason:
        return Meaning.NO_TEXTS
    return _BY_KIND.get(reason.partition(":")[0], Meaning.UNKNOWN)
