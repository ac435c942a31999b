"""What is known of a number after each thing that a provider and a network can do, with the real SDK over real TLS."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services import self_test
from services.gateways import GatewayMisconfigured
from services.gateways.insights import NOTHING, Carrier, Insight, Sim
from services.gateways.vonage_insights import VonageInsights
from tests.gateways.conftest import NUMBER, trust
from tests.support.site import Site
from tests.support.vonage_standin import INSIGHTS, TlsMode, VonageStandin

STATUSES = (
    "INVALID_NUMBER_FORMAT", "UNSUPPORTED_NETWORK_TYPE", "NO_COVERAGE", "NOT_FOUND", "UNAUTHORIZED", "INVALID_PURPOSE",
    "SUPPLIER_ERROR", "INTERNAL_ERROR",
)  # fmt: skip
ANSWERED = ("400", "401", "402", "403", "405", "415", "422", "429", "429:1", "500", "503", "304", "redirect")
UNUSABLE = ("html", "empty", "odd", "list", "close", "reset", "half", "flood")
SLOW = ("hang", "drip:0.3")


@pytest.fixture
def insights(vonage: VonageStandin, pkcs8: str) -> VonageInsights:
    return VonageInsights(application_id="an-id", private_key=pkcs8, host=vonage.host, seconds=1)


def ask(insights: VonageInsights) -> Insight:
    return insights.ask(NUMBER, sim_hours=72, carrier=True)


def test_one_request_asks_for_what_is_wanted_and_for_nothing_else(
    vonage: VonageStandin, insights: VonageInsights
) -> None:
    assert ask(insights) == Insight(Carrier("OK", "MOBILE"), Sim("OK"))
    insights.ask(NUMBER, sim_hours=None, carrier=True)
    both, one = vonage.requests
    assert both.path == INSIGHTS
    assert both.authorization.startswith("Bearer ")
    assert both.body == {
        "phone_number": NUMBER.removeprefix("+"),
        "purpose": "FraudPreventionAndDetection",
        "insights": {"current_carrier": {}, "sim_swap": {"period": 72}},
    }
    assert one.body["insights"] == {"current_carrier": {}}
    assert both.authorization == one.authorization  # one token


def test_when_the_sim_was_changed_is_told_in_utc(vonage: VonageStandin, insights: VonageInsights) -> None:
    vonage.insights["sim_swap"] = {
        "is_swapped": True, "latest_sim_swap_at": "2026-11-24T10:00:00", "status": {"code": "OK"},
    }  # fmt: skip
    assert ask(insights).sim == Sim("OK", True, datetime(2026, 11, 24, 10, tzinfo=UTC))


@pytest.mark.parametrize("status", STATUSES)
def test_a_value_beside_any_status_but_ok_does_not_count(
    status: str, vonage: VonageStandin, insights: VonageInsights
) -> None:
    vonage.insights = {
        "current_carrier": {"network_type": "LANDLINE", "status": {"code": status}},
        "sim_swap": {
            "is_swapped": True,
            "latest_sim_swap_at": "2026-11-24T10:00:00Z",
            "status": {"code": status},
        },
    }
    assert ask(insights) == Insight(Carrier(status), Sim(status))


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"sim_swap": None},
        {"sim_swap": {"is_swapped": True}},
        {"sim_swap": {"is_swapped": True, "status": "OK"}},
        {"sim_swap": {"is_swapped": {"much": 1}, "status": {"code": "OK"}}},
        {"sim_swap": ["OK"]},
    ],
)
def test_an_answer_of_another_shape_tells_nothing(
    told: dict[str, Any], vonage: VonageStandin, insights: VonageInsights
) -> None:
    vonage.insights = told
    assert ask(insights) == NOTHING


@pytest.mark.parametrize("behaviour", ANSWERED + UNUSABLE)
@pytest.mark.asvs("13.2.6")
def test_a_fault_of_the_provider_tells_nothing_and_costs_one_request(
    behaviour: str, vonage: VonageStandin, insights: VonageInsights, caplog: pytest.LogCaptureFixture
) -> None:
    vonage.answer_with(behaviour)
    caplog.set_level(logging.DEBUG)
    assert ask(insights) == NOTHING
    assert len(vonage.requests) == 1
    assert NUMBER.removeprefix("+") not in caplog.text
    assert ask(insights) != NOTHING  # the next one is another matter


@pytest.mark.parametrize("behaviour", SLOW)
def test_who_takes_too_long_is_not_waited_for(
    behaviour: str, vonage: VonageStandin, insights: VonageInsights
) -> None:
    vonage.answer_with(behaviour)
    started = time.monotonic()
    assert ask(insights) == NOTHING
    assert 0.9 < time.monotonic() - started < 10  # one second, on a machine that is busy
    assert len(vonage.requests) == 1


@pytest.mark.parametrize("tls", ["untrusted", "wrong-host", "silent"])
@pytest.mark.asvs("12.3.2")
def test_nobody_is_asked_whose_certificate_does_not_hold(
    tls: TlsMode, vonage: VonageStandin, insights: VonageInsights
) -> None:
    vonage.tls = tls
    assert ask(insights) == NOTHING
    assert vonage.requests == []


def test_nothing_is_known_where_nobody_listens(
    pkcs8: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VonageStandin() as gone:
        trust(gone, tmp_path, monkeypatch)
    insights = VonageInsights(application_id="an-id", private_key=pkcs8, host=gone.host, seconds=1)
    assert ask(insights) == NOTHING


def test_a_host_that_is_none_is_told_by_its_own_setting(pkcs8: str) -> None:
    with pytest.raises(GatewayMisconfigured) as fault:
        VonageInsights(application_id="an-id", private_key=pkcs8, host="https://example.com")
    assert fault.value.setting == "VONAGE_INSIGHTS_HOST"


def test_check_config_tells_of_a_key_that_cannot_be_read(make_site: Callable[..., Site]) -> None:
    site = make_site(IDENTITY_INSIGHTS="on", VONAGE_APPLICATION_ID="an-id", VONAGE_PRIVATE_KEY="/no/such/key")
    with site.context():
        (fault,) = self_test.gateway_faults()
    assert fault.startswith("VONAGE_PRIVATE_KEY: ")
