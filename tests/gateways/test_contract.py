"""What every gateway for texts promises (services/gateways/__init__.py), whichever provider stands behind it.

A new gateway is added to GATEWAYS, with its provider's stand-in; until then the first test fails.
"""

import time
from collections.abc import Callable

import pytest

from services.gateways import Accepted, Answer, Refused, Retry, SmsGateway, Unknown
from services.gateways.build import SMS_BUILDERS
from tests.gateways.conftest import CODE, NUMBER, MakeGateway, text
from tests.support.vonage_standin import VonageStandin

#: Development only: it has no provider, no network and no fault but its disk's (test_outbox.py).
WITHOUT_A_PROVIDER = {"outbox"}
GATEWAYS: dict[str, Callable[[MakeGateway], SmsGateway]] = {"vonage": lambda make: make()}

#: Behaviours of a provider that mean the same for every one of them.
PROMISES: list[tuple[str, type[Answer]]] = [
    ("202", Accepted),
    ("401", Refused),
    ("402", Refused),
    ("403", Refused),
    ("422", Refused),
    ("429", Retry),
    ("429:2", Retry),
    ("500", Unknown),
    ("503", Unknown),
    ("html", Unknown),
    ("close", Unknown),
    ("half", Unknown),
    ("hang", Unknown),
    ("drip:0.3", Unknown),
]


def test_every_provider_that_can_be_chosen_keeps_the_promises() -> None:
    assert set(SMS_BUILDERS) - WITHOUT_A_PROVIDER == set(GATEWAYS)


@pytest.mark.parametrize("name", GATEWAYS)
@pytest.mark.parametrize(("behaviour", "promised"), PROMISES)
def test_a_gateway_answers_in_one_request_and_in_time_and_gives_nothing_away(
    name: str, behaviour: str, promised: type[Answer], vonage: VonageStandin, make_gateway: MakeGateway
) -> None:
    gateway = GATEWAYS[name](make_gateway)
    vonage.answer_with(behaviour)
    started = time.monotonic()

    answer = gateway.send(text())

    assert isinstance(answer, promised)
    assert (answer.gateway, bool(answer.sender)) == (name, True)
    assert len(vonage.requests) == 1
    assert time.monotonic() - started < 3.0
    for secret in (CODE, NUMBER.removeprefix("+")):
        assert secret not in repr(answer)
    if isinstance(answer, Refused) and behaviour in {"401", "402", "403"}:
        assert answer.kind == "account"


@pytest.mark.parametrize("name", GATEWAYS)
def test_what_never_left_this_machine_may_go_again(
    name: str, vonage: VonageStandin, make_gateway: MakeGateway
) -> None:
    gateway = GATEWAYS[name](make_gateway)
    vonage.stop()

    assert isinstance(gateway.send(text()), Retry)
