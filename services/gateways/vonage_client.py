"""Access to one Vonage application: its key, its token, and a client that sends a request once.

The SDK's own client asks for some care (docs/decisions/0004): by default it waits for ever, posts the same
text up to ten times when a connection drops, shares one dictionary of headers between threads, signs a new
token for each request, and logs the text, the number and the token. ``VonageConnection.client()`` gives a
client without these.
"""

import logging
import re
import threading
import time
from collections.abc import Callable
from ssl import create_default_context
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.util import Retry
from urllib3.util.ssl_ import create_urllib3_context
from vonage_http_client import Auth, HttpClient, HttpClientOptions

from services.gateways import Answer, GatewayMisconfigured, Refused
from services.gateways.exchange import Exchange, guarded
from services.gateways.vonage_answers import accepted, answer_to
from services.gateways.vonage_key import KEY_SETTING, private_key_pem

TOKEN_LIFE = 600
"""Seconds for which a token is used; the provider takes it for 900."""

IDLE_LIMIT = 10
"""Seconds after which an unused connection is not trusted.

The far end may be closing it at this very moment, and a request that meets the close is a text of which
nobody knows whether it went.
"""

_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?", re.ASCII
)

# The SDK's messages carry numbers, codes and tokens inside finished strings, so nothing of them can be kept.
logging.getLogger("vonage").addFilter(lambda record: False)


class CachedAuth(Auth):
    """Signs one token for ten minutes of requests, not for each (45 ms of processor time). Thread-safe."""

    def __init__(self, application_id: str, private_key: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(application_id=application_id, private_key=private_key)
        self._clock = clock
        self._lock = threading.Lock()
        self._header = b""
        self._signed_at = 0.0

    def create_jwt_auth_string(self) -> bytes:
        with self._lock:
            # A clock that was set back makes the token one from the future: sign again.
            if not self._header or not 0 <= self._clock() - self._signed_at < TOKEN_LIFE:
                self._signed_at = self._clock()
                self._header = super().create_jwt_auth_string()
            return self._header

    def forget(self) -> None:
        """Sign a new token next time: the provider did not like this one."""
        with self._lock:
            self._header = b""


class VonageConnection:
    """One Vonage application. Each thread gets a client of its own; all share the token.

    Raises GatewayMisconfigured unless a token can be signed with these values, so that a wrong key shows at
    start-up and not at the first code.
    """

    def __init__(self, application_id: str, private_key: str, api_host: str, timeout: int) -> None:
        if not re.fullmatch(r"[!-~]+", application_id):
            raise GatewayMisconfigured(
                "VONAGE_APPLICATION_ID", "is required: the id of the Vonage application, a UUID"
            )
        if not _HOST.fullmatch(api_host):
            raise GatewayMisconfigured(
                "VONAGE_API_HOST", "must be a host, or host:port, without https:// and without a path"
            )
        self.auth = CachedAuth(application_id, private_key_pem(private_key))
        # One connection a client: the SDK repeats a request as often as its pool has places. Whole seconds:
        # the SDK takes no others.
        self._options = HttpClientOptions(api_host=api_host, timeout=timeout, pool_maxsize=1, max_retries=0)
        self._local = threading.local()
        try:
            self.auth.create_jwt_auth_string()
        except Exception as error:
            raise GatewayMisconfigured(
                KEY_SETTING, f"cannot sign a token for the provider ({type(error).__name__})"
            ) from None

    def client(self) -> HttpClient:
        """This thread's client. For JWT and JSON only: beside other things the SDK mixes up its headers."""
        client: _OnceClient | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = _OnceClient(self.auth, self._options)
        client.close_if_idle()
        return client

    def close(self) -> None:
        """Close this thread's client, for a thread that ends."""
        client: _OnceClient | None = getattr(self._local, "client", None)
        if client is not None:
            client.close()
            del self._local.client

    def hand_over(self, deadline: float, ask: Callable[[HttpClient], str | Refused]) -> Answer:
        """Ask once, for ``deadline`` seconds in all. ``ask``: the provider's id of what it took, or our own refusal."""
        with Exchange(deadline) as exchange:
            try:
                taken = ask(self.client())
                return taken if isinstance(taken, Refused) else accepted(taken)
            except Exception as error:
                answer = answer_to(error, wrote=exchange.wrote)
        if isinstance(answer, Refused) and answer.kind == "account":
            # A token signed while this machine's clock was wrong would go on being refused.
            self.auth.forget()
        return answer


class _OnceClient(HttpClient):
    """The SDK's client over a transport that never repeats, follows or overstays a request."""

    def __init__(self, auth: Auth, options: HttpClientOptions) -> None:
        super().__init__(auth, options, _sdk_version())
        self._used_at = time.monotonic()
        self._session.mount(
            "https://", _OnceAdapter(pool_connections=1, pool_maxsize=1, max_retries=Retry(total=0))
        )
        self._session.max_redirects = 0
        # Answers are a few hundred bytes; compression would only let a small answer grow large here.
        self._session.headers["Accept-Encoding"] = "identity"
        # Anything set here keeps requests from replacing the token by what a ~/.netrc says for this host.
        self._session.auth = _keep_authorization

    def close(self) -> None:
        self._session.close()  # idle connections only; the session opens new ones as needed

    def close_if_idle(self) -> None:
        now = time.monotonic()
        if now - self._used_at > IDLE_LIMIT:
            self.close()
        self._used_at = now


class _OnceAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=guarded(create_urllib3_context()))

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        # The connection to an https:// proxy has to be guarded too: what goes to the provider goes through it. The
        # proxy's own certificate is checked against the machine's store.
        return super().proxy_manager_for(
            proxy,
            **options,
            ssl_context=guarded(create_urllib3_context()),
            proxy_ssl_context=guarded(create_default_context()),
        )


def _keep_authorization(request: PreparedRequest) -> PreparedRequest:
    return request


def _sdk_version() -> str:
    from importlib.metadata import version

    return version("vonage")
