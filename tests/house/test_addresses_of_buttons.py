"""What a browser opens after Back, a reload or a sign-in: the address of a button leads to the page that it is on."""

import pytest

from tests.support.browser import check_page
from tests.support.estate import address, estate, routes
from tests.support.rows import changes, snapshot
from tests.support.site import Site

BESIDE = {
    "/login/code/resend": "/login/code", "/login/code/cancel": "/login/code", "/step-up/resend": "/step-up",
    "/login/code/call": "/login/code", "/step-up/call": "/step-up",
    "/step-up/cancel": "/step-up", "/settings/account/confirm-mobile/resend": "/settings/account/confirm-mobile",
    "/settings/browsers/revoke-all": "/settings/browsers", "/settings/ownership/withdraw": "/settings/ownership",
    "/settings/account/keep-two-factor": "/settings/account", "/logout": "/",
}  # fmt: skip


@pytest.mark.parametrize(("button", "page"), sorted(BESIDE.items()))
def test_the_address_of_a_button_leads_to_its_page(site: Site, button: str, page: str) -> None:
    owner = site.signed_in(estate(site, "Borealis").owner)
    answer = owner.get(button)
    assert (answer.status, answer.location) == (303, page)
    check_page(owner.follow())
    assert owner.get("/settings/profile").status == 200


@pytest.mark.asvs("3.5.3")
@pytest.mark.threat("E7")
def test_opening_any_button_does_nothing_and_leads_somewhere(site: Site) -> None:
    of = estate(site, "Borealis")
    owner = site.signed_in(of.owner)
    before = snapshot(site)
    for rule in routes(site):
        if "GET" in (rule.methods or ()) or rule.endpoint.startswith("webhooks."):
            continue
        answer = owner.get(address(rule, of.ids))
        assert answer.status == 303, rule.rule
        assert owner.get(answer.location).status in {200, 303, 403}, (rule.rule, answer.location)
    # That a contact was opened is counted (LIMIT_CONTACTS_OPENED_USER).
    assert changes(before, snapshot(site)) <= {"login_sessions.last_seen_at", "+limit_counters"}


def test_somebody_who_waits_for_a_code_is_led_to_the_code_page(site: Site) -> None:
    waiting = site.half_signed_in(estate(site, "Borealis").owner)
    for button in BESIDE:
        assert waiting.get(button).location == "/login/code"


def test_what_machines_post_to_has_no_page(site: Site) -> None:
    owner = site.signed_in(estate(site, "Borealis").owner)
    assert owner.get("/webhooks/vonage/status").status == 405
