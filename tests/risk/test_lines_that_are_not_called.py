"""Numbers that earn by each call: what is known of a line decides whether it is called."""

import json
from collections.abc import Callable

import pytest

from models import NumberInsight, User
from services.clock import now
from services.unit_of_work import write
from tests.codes.test_calls import at_a_new_number, fail_texts
from tests.risk.conftest import OK, MakeRisky
from tests.support.browser import Browser
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin

Clock = Callable[..., None]
NEW = "+447400129999"


def called(site: Site) -> list[str]:
    site.deliver()
    path = site.settings.voice_outbox
    return [json.loads(line)["to"] for line in path.read_text().splitlines()] if path.exists() else []


def is_a(vonage: VonageStandin, kind: str) -> None:
    vonage.insights["current_carrier"] = {"network_type": kind, "status": OK}


@pytest.mark.threat("G2")
@pytest.mark.parametrize("kind", ["PREMIUM", "TOLLFREE", "LANDLINE"])
def test_a_text_that_our_own_check_stops_makes_nobody_call_that_number(
    kind: str, site: Site, vonage: VonageStandin
) -> None:
    is_a(vonage, kind)
    browser = at_a_new_number(site)
    page = browser.get("/settings/account/confirm-mobile")
    assert "This number cannot receive texts" in page.words
    assert "call you" not in page.words
    assert browser.submit(form="confirm-mobile/call").status == 422
    assert called(site) == []


@pytest.mark.threat("G2")
@pytest.mark.parametrize("kind", ["PREMIUM", "LANDLINE"])
def test_the_worker_calls_no_such_line_that_is_known_only_after_the_call_was_asked_for(
    kind: str, site: Site, vonage: VonageStandin
) -> None:
    vonage.answer_with("500")
    browser = at_a_new_number(site)
    fail_texts(site)
    assert browser.submit(form="confirm-mobile/call").status == 303
    is_a(vonage, kind)
    assert called(site) == []
    page = browser.get("/settings/account/confirm-mobile")
    assert "We do not call this kind of number" in page.words
    assert "call you" not in page.words


def _waiting_for_a_call(site: Site, owner: User, time_machine_at: Clock) -> Browser:
    browser = site.browser()
    browser.get("/login")
    browser.submit(email=owner.email, password=site.world.password)
    site.deliver()
    time_machine_at(seconds=31)
    browser.get("/login/code")
    return browser


@pytest.mark.threat("G2")
@pytest.mark.parametrize(("kind", "calls"), [("PREMIUM", 0), ("TOLLFREE", 0), ("LANDLINE", 1), ("MOBILE", 1)])
def test_a_confirmed_number_is_called_unless_it_earns_by_it(
    kind: str, calls: int, site: Site, owner: User, vonage: VonageStandin, time_machine_at: Clock
) -> None:
    is_a(vonage, kind)
    browser = _waiting_for_a_call(site, owner, time_machine_at)
    assert browser.submit(form="/login/code/call").status == 303
    assert len(called(site)) == calls
    assert len(vonage.requests) == 1


@pytest.mark.parametrize("insights", ["on", "off"])
def test_a_line_that_is_known_to_earn_is_not_even_offered_a_call(
    insights: str, make_risky: MakeRisky, time_machine_at: Clock
) -> None:
    site = make_risky(IDENTITY_INSIGHTS=insights)
    owner = site.world.acme()[1]
    browser = _waiting_for_a_call(site, owner, time_machine_at)
    with site.context(), write() as session:
        moment = now().replace(year=now().year + 1)
        session.add(
            NumberInsight(
                number=owner.mobile_number, network_type="PREMIUM", carrier_status="OK", carrier_until=moment,
                sim_status="", sim_changed=False, expires_at=moment,
            )
        )  # fmt: skip
    assert browser.submit(form="/login/code/call").status == (422 if insights == "on" else 303)
