"""What Vonage said, as one of the four answers.

The rule behind the table: a text is repeated only if it was surely not accepted. Where Vonage answered, its
status and code decide; where it did not, it matters only whether anything had left this machine. Nothing of an
answer's wording is kept: its ``detail`` may quote the number or the text.
"""

import re

from jwt import PyJWTError
from requests import RequestException, Response
from vonage_http_client.errors import HttpRequestError
from vonage_utils import VonageError

from services.gateways import PROVIDER_ID, Accepted, Answer, Kind, Refused, Retry, Unknown
from services.gateways.retry_after import seconds_to_wait
from services.gateways.vonage_codes import Meaning, meaning_of

_THROTTLED = "1000"
# Internal error, communication failed, provider error, unknown: nobody can say what became of the text.
_INCONCLUSIVE = frozenset({"1030", "1100", "1330", "1331"})
_KIND_OF_STATUS: dict[int, Kind] = {
    **dict.fromkeys((401, 402, 403, 407), "account"),
    **dict.fromkeys((404, 405, 406, 410, 415), "configuration"),
}


def accepted(message_uuid: str) -> Answer:
    """For a 2xx answer of the expected shape."""
    if PROVIDER_ID.fullmatch(message_uuid):
        return Accepted(message_uuid)
    return Unknown("the answer names no message")


def answer_to(error: Exception, *, wrote: bool) -> Answer:
    """For anything the SDK raised. ``wrote``: whether any part of the request had left."""
    if isinstance(error, HttpRequestError):
        return _answer_to_response(error.response)
    name = type(error).__name__
    if wrote:
        # Read timeout, connection closed or reset, a redirect, a 2xx that is not what was agreed.
        return Unknown(f"no usable answer ({name})")
    if isinstance(error, VonageError | PyJWTError):
        return Refused(f"cannot sign the request ({name})", kind="configuration")
    if isinstance(error, RequestException) and isinstance(error, ValueError):
        return Refused(f"no usable address for the provider ({name})", kind="configuration")
    if isinstance(error, OSError):  # every RequestException is one
        # Refused or timed-out connection, name not found, certificate not trusted, proxy not reached.
        return Retry(f"not connected ({name})")
    return Refused(f"cannot make the request ({name})", kind="parameters")


def _answer_to_response(response: Response) -> Answer:
    status = response.status_code
    problem = _problem(response)
    code = _code(problem)
    reason = f"HTTP {status}" + (f", code {code}" if code else "")
    if status == 429 or (code == _THROTTLED and 400 <= status < 500):
        return Retry(reason, after=seconds_to_wait(response.headers.get("Retry-After")))
    # 408: the far end says that it waited in vain for the request, but not for how much of it.
    if status >= 500 or status < 400 or status == 408 or code in _INCONCLUSIVE:
        return Unknown(reason)
    return Refused(reason, code, _kind_of(status, code, problem))


def _problem(response: Response) -> dict[str, object]:
    """The problem+json body, or an empty dictionary if it is anything else."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _code(problem: dict[str, object]) -> str | None:
    """Vonage's own four digits: the fragment of ``type``, or all of ``title``."""
    for text in (problem.get("type"), problem.get("title")):
        found = re.search(r"(?:#|^)([0-9]{4})$", text) if isinstance(text, str) else None
        if found:
            return found[1]
    return None


def _kind_of(status: int, code: str | None, problem: dict[str, object]) -> Kind:
    """A code that is known says more than the status: 403 can be about one number, and then others still go."""
    meaning, of_status = meaning_of(code), _KIND_OF_STATUS.get(status)
    if meaning is Meaning.UNKNOWN:
        return of_status or _kind_of_parameters(problem)
    # Without credentials or credit nothing is wrong with the request.
    ours = of_status == "account" and status != 403 and meaning.kind != "number"
    return "account" if ours else meaning.kind


def _kind_of_parameters(problem: dict[str, object]) -> Kind:
    """Which parameter was it? ``invalid_parameters``, where given, is a list of ``{"name", "reason"}``."""
    listed = problem.get("invalid_parameters")
    items = listed if isinstance(listed, list) else []
    names = {str(item.get("name")) for item in items if isinstance(item, dict)}
    if names == {"to"}:
        return "number"
    return "configuration" if names == {"from"} else "parameters"
