"""Wrong codes of several people together: what an account, a network and the whole site share."""

import pytest

from services.audit import Event
from tests.codes.guessing import ROOMY, Make, guess, subjects
from tests.support.estate import estate
from tests.support.rows import events


@pytest.mark.asvs("6.3.1", "2.4.1")
@pytest.mark.threat("B1", "B11")
def test_an_account_whose_passwords_are_known_takes_no_more_codes_to_sign_in_for_a_while(
    make_site: Make,
) -> None:
    site = make_site(**ROOMY, LIMIT_WRONG_CODES_ACCOUNT="6/hour")
    of, other = estate(site, "Borealis"), estate(site, "Acme", digit=1)
    inside = site.signed_in(of.owner)
    for person in (of.user, of.exporter):
        browser = site.half_signed_in(person)
        assert [guess(browser).status for _ in range(3)] == [422] * 3
    refused = guess(site.half_signed_in(of.owner))
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Many wrong codes for people of Borealis" in subjects(site, of.owner.email)
    assert [event.details["limit"] for event in events(site, Event.CODE_REFUSED)] == ["account"]
    assert inside.get("/contacts").status == 200, "who is inside goes on working"
    browser = site.half_signed_in(other.owner)
    assert guess(browser, site.code(other.owner.mobile_number)).location == "/", (
        "another account is not held up"
    )


def test_right_codes_use_up_nothing_of_what_is_shared(make_site: Make) -> None:
    site = make_site(**ROOMY, LIMIT_WRONG_CODES_ACCOUNT="2/hour", LIMIT_WRONG_CODES_ADDRESS="2/hour")
    of = estate(site, "Borealis")
    for person in (of.owner, of.user, of.exporter):
        site.signed_in(person)
    guess(site.half_signed_in(of.user))
    guess(site.half_signed_in(of.exporter))
    assert guess(site.half_signed_in(of.owner)).status == 429


@pytest.mark.threat("B1")
def test_a_network_with_many_passwords_takes_no_more_codes_to_sign_in_for_a_while(make_site: Make) -> None:
    site = make_site(**ROOMY, LIMIT_WRONG_CODES_ADDRESS="6/hour")
    of, other = estate(site, "Borealis"), estate(site, "Acme", digit=1)
    for person in (of.user, other.user):
        browser = site.half_signed_in(person)
        assert [guess(browser).status for _ in range(3)] == [422] * 3
    browser = site.half_signed_in(other.owner)
    assert guess(browser).status == 429
    code = {"code": site.code(other.owner.mobile_number)}
    answer = browser.post("/login/code", code, environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
    assert answer.location == "/"


@pytest.mark.threat("B11")
def test_a_site_under_attack_refuses_nobody_and_pauses_sooner(make_site: Make) -> None:
    site = make_site(**ROOMY, LIMIT_WRONG_CODES_SITE="5/hour")
    of, other = estate(site, "Borealis"), estate(site, "Acme", digit=1)
    browser = site.half_signed_in(of.user)
    for _ in range(5):
        guess(browser)
    site.signed_in(other.owner)
    browser = site.half_signed_in(other.user)
    assert [guess(browser).status for _ in range(5)] == [422] * 5
    assert guess(site.half_signed_in(other.user)).status == 429
