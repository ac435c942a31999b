"""What Vonage's Identity Insights say of a number (docs/decisions/0016).

It is asked while somebody waits for a code, so an answer that takes longer than ``seconds`` in all is no answer; and
whatever goes wrong, nothing is known of the number, and its code goes out.
"""

import logging
import re
import threading
import time
from datetime import UTC, datetime
from typing import Any

from vonage_http_client.errors import HttpRequestError
from vonage_identity_insights import (
    EmptyInsight,
    IdentityInsights,
    IdentityInsightsRequest,
    InsightsRequest,
    SimSwapInsight,
)

from services.gateways import GatewayMisconfigured
from services.gateways.exchange import Exchange
from services.gateways.insights import NOTHING, OK, Carrier, Insight, Sim
from services.gateways.vonage_client import VonageConnection
from services.gateways.vonage_trial import unreachable

PURPOSE = "FraudPreventionAndDetection"
SECONDS = 2
_WORD = re.compile(r"[A-Z][A-Z_]*", re.ASCII)
#: Characters that the longest of the provider's words may have, of a status and of a kind of line.
_STATUS, _TYPE = 30, 20

logger = logging.getLogger(__name__)


class VonageInsights:
    """Asks once and waits ``seconds`` (whole) at most. Thread-safe. Raises GatewayMisconfigured.

    On a client of its own: another host, and other time limits than texts have.
    """

    def __init__(
        self,
        *,
        application_id: str,
        private_key: str,
        host: str = "api-eu.vonage.com",
        seconds: int = SECONDS,
    ) -> None:
        try:
            self._connection = VonageConnection(application_id, private_key, host, seconds)
        except GatewayMisconfigured as fault:
            if fault.setting == "VONAGE_API_HOST":
                raise GatewayMisconfigured("VONAGE_INSIGHTS_HOST", fault.problem) from None
            raise
        self._seconds = seconds

    def ask(self, number: str, *, sim_hours: int | None, carrier: bool) -> Insight:
        """Never raises, and never logs the number."""
        started = time.monotonic()
        found: list[Insight | Exception] = []

        def work() -> None:
            try:
                found.append(self._ask(number, sim_hours, carrier))
            except Exception as fault:
                found.append(fault)

        # In a thread of its own: no time limit of a socket covers the look-up of a name, or a second address after one
        # that does not answer. What is late ends by itself, unheard.
        try:
            asking = threading.Thread(target=work, name="insights", daemon=True)
            asking.start()
            asking.join(self._seconds)
        except RuntimeError as fault:  # no more threads
            found.append(fault)
        answer = found[0] if found else TimeoutError()
        took = round(1000 * (time.monotonic() - started))
        if isinstance(answer, Insight):
            logger.info("insight: %s, %d ms", answer, took)
            return answer
        logger.warning("insight: nothing known (%s), %d ms", _kind(answer), took)
        return NOTHING

    def trouble(self) -> str | None:
        """Only whether its host can be reached: each answer about a number would be charged."""
        kind = unreachable(self._connection, self._seconds)
        return f"VONAGE_INSIGHTS_HOST: cannot be reached ({kind})" if kind else None

    def _ask(self, number: str, sim_hours: int | None, carrier: bool) -> Insight:
        wanted = IdentityInsightsRequest(
            phone_number=number.removeprefix("+"),
            purpose=PURPOSE,
            insights=InsightsRequest(
                current_carrier=EmptyInsight() if carrier else None,
                sim_swap=SimSwapInsight(period=sim_hours) if sim_hours else None,
            ),
        )
        with Exchange(self._seconds):
            try:
                answer = IdentityInsights(self._connection.client()).requests(wanted).insights
            except HttpRequestError as fault:
                if fault.response.status_code in {401, 403}:
                    # A token signed while this machine's clock was wrong would go on being refused.
                    self._connection.auth.forget()
                raise
            finally:
                self._connection.close()  # this thread ends here
        return Insight(
            carrier=_carrier(answer.current_carrier) if carrier else None,
            sim=_sim(answer.sim_swap) if sim_hours else None,
        )


def _carrier(told: Any) -> Carrier | None:
    if told is None:
        return None
    status = _word(told.status.code, _STATUS)
    return Carrier(status, _word(told.network_type, _TYPE) if status == OK and told.network_type else None)


def _sim(told: Any) -> Sim | None:
    """The provider's own examples show a change beside NO_COVERAGE: it counts beside OK only."""
    if told is None:
        return None
    status = _word(told.status.code, _STATUS)
    if status != OK:
        return Sim(status)
    return Sim(status, bool(told.is_swapped), _utc(told.latest_sim_swap_at) if told.is_swapped else None)


def _word(text: str, most: int) -> str:
    return text if len(text) <= most and _WORD.fullmatch(text) else "ODD"


def _utc(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)


def _kind(fault: Exception) -> str:
    """What went wrong, in a word: what a fault says may quote the number."""
    if isinstance(fault, HttpRequestError):
        return f"HTTP {fault.response.status_code}"
    return type(fault).__name__
