"""Does Vonage know this application? Asked by ``flask check-config``; nothing is sent, and nothing is paid for.

The question is for a list of calls, of those from now on: of what Vonage answers to a signed token, it is the one that
costs nothing and tells nothing of anybody. Texts and calls hang on the same application and key.
"""

from vonage_http_client.errors import HttpRequestError

from services.clock import now
from services.gateways.exchange import Exchange
from services.gateways.vonage_client import VonageConnection

_CALLS = "/v1/calls"


def trouble(connection: VonageConnection, seconds: float, *, calls: bool) -> str | None:
    """What is wrong, after the name of the setting to look at; None when nothing is. ``calls``: it must be let call."""
    with Exchange(seconds):
        try:
            client = connection.client()
            asked = {"page_size": 1, "date_start": f"{now():%Y-%m-%dT%H:%M:%SZ}"}
            answer = client.get(client.api_host, _CALLS, asked)
        except HttpRequestError as fault:
            return _of_status(fault.response.status_code, calls)
        except Exception as fault:
            return f"VONAGE_API_HOST: no usable answer ({type(fault).__name__})"
        finally:
            connection.close()
    if not isinstance(answer, dict) or "_embedded" not in answer:
        return "VONAGE_API_HOST: what answers there is not the provider"
    return None


def unreachable(connection: VonageConnection, seconds: float) -> str | None:
    """Why a host cannot be asked anything, in a word; None when it answers, whatever it says."""
    with Exchange(seconds):
        try:
            client = connection.client()
            client.get(client.api_host, "/")
        except HttpRequestError:
            return None
        except OSError as fault:  # every RequestException is one
            return type(fault).__name__
        except Exception:  # an answer, though no JSON
            return None
        finally:
            connection.close()
    return None


def _of_status(status: int, calls: bool) -> str | None:
    if status == 401:
        return (
            "VONAGE_APPLICATION_ID: the provider knows no such application, or another key than"
            " VONAGE_PRIVATE_KEY (HTTP 401)"
        )
    if status in {403, 404}:  # known, but not for calls
        return f"VOICE_CALLS: the application may not make calls (HTTP {status})" if calls else None
    if status == 402:
        return "VONAGE_APPLICATION_ID: the account has no credit (HTTP 402)"
    return f"VONAGE_API_HOST: the provider cannot be asked now (HTTP {status})"
