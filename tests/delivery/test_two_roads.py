"""Two providers: what the first surely did not take goes by the second at once, and nothing goes by both.

Both are real gateways on the real SDK, each with a stand-in of its own.
"""

from collections.abc import Iterator

import pytest

from models import User
from services import delivery
from services.gateways.vonage import VonageSmsGateway
from tests.delivery.conftest import Clock, message, promise
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
#: What the first does; whether the second is asked; the state in the end.
FIRST = [
    ("202", False, "accepted"),
    ("429", True, "accepted"),
    ("429:60", True, "accepted"),
    ("401", True, "accepted"),
    ("402", True, "accepted"),
    ("403", True, "accepted"),
    ("422#1070", True, "accepted"),
    ("422#1120", True, "accepted"),
    ("404", True, "accepted"),
    ("422#1170", False, "rejected"),
    ("422#1020", False, "rejected"),
    ("422", False, "rejected"),
    ("500", False, "unknown"),
    ("503", False, "unknown"),
    ("close", False, "unknown"),
    ("reset", False, "unknown"),
    ("hang", False, "unknown"),
    ("drip:0.4", False, "unknown"),
    ("html", False, "unknown"),
    ("redirect", False, "unknown"),
]


class SecondGateway(VonageSmsGateway):
    name = "second"


@pytest.fixture
def second(vonage: VonageStandin) -> Iterator[VonageStandin]:
    with VonageStandin() as standin:  # of the same authority, so that this process trusts both
        yield standin


@pytest.fixture
def roads(vonage_site: Site, vonage: VonageStandin, second: VonageStandin, vonage_key: str) -> None:
    common = {
        "application_id": "78d335fa-323d-0114-9c3d-d6f0d48968cf", "private_key": vonage_key, "sender": "Acme",
        "timeout": 1, "deadline": 1.2,
    }  # fmt: skip
    vonage_site.app.extensions["gateways"]._sms_roads = (
        VonageSmsGateway(api_host=vonage.host, **common),  # type: ignore[arg-type]
        SecondGateway(api_host=second.host, **common),  # type: ignore[arg-type]
    )


def send(site: Site, times: int = 1) -> None:
    with site.context():
        for _ in range(times):
            delivery.send_due()


@ON_SQLITE
@pytest.mark.usefixtures("roads")
@pytest.mark.parametrize(("behaviour", "goes_on", "state"), FIRST)
def test_only_what_was_surely_not_taken_goes_by_the_second(
    behaviour: str,
    goes_on: bool,
    state: str,
    vonage_site: Site,
    vonage: VonageStandin,
    second: VonageStandin,
    owner: User,
    clock: Clock,
) -> None:
    vonage.default = behaviour
    [text] = promise(vonage_site, owner)

    send(vonage_site, times=3)

    found = message(vonage_site, text)
    assert (len(vonage.requests), len(second.requests)) == (1, int(goes_on))
    assert (found.state, found.gateway) == (state, "second" if goes_on else "vonage")


@ON_SQLITE
@pytest.mark.usefixtures("roads")
def test_a_first_provider_that_is_not_there_costs_no_wait(
    vonage_site: Site, vonage: VonageStandin, second: VonageStandin, owner: User, clock: Clock
) -> None:
    vonage.stop()
    [text] = promise(vonage_site, owner)

    send(vonage_site, times=2)

    assert message(vonage_site, text).gateway == "second"
    assert len(second.requests) == 1


@ON_SQLITE
@pytest.mark.usefixtures("roads")
def test_while_the_first_refuses_us_texts_go_by_the_second_alone(
    vonage_site: Site, vonage: VonageStandin, second: VonageStandin, owner: User, clock: Clock
) -> None:
    vonage.answer_with("402")
    texts = promise(vonage_site, owner, 3)

    send(vonage_site, times=3)

    # One transaction may have claimed several before the first answer was there; whoever asked, nobody is lost.
    assert [message(vonage_site, text).state for text in texts] == ["accepted"] * 3
    assert (len(vonage.requests), len(second.requests)) == (1, 3)


@ON_SQLITE
@pytest.mark.usefixtures("roads")
def test_what_neither_takes_waits_as_with_one_provider(
    vonage_site: Site, vonage: VonageStandin, second: VonageStandin, owner: User, clock: Clock
) -> None:
    vonage.default = second.default = "429"
    [text] = promise(vonage_site, owner)

    send(vonage_site, times=4)

    assert (len(vonage.requests), len(second.requests)) == (1, 1)
    assert message(vonage_site, text).state == "queued"
