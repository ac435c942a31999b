"""Wrong codes in a row: pauses that grow and are told."""

from datetime import timedelta

import pytest
import time_machine

from services.audit import Event
from services.clock import now
from tests.codes.guessing import ROOMY, Make, failed, guess, subjects
from tests.support.estate import estate
from tests.support.exporting import fixed_export
from tests.support.rows import events
from tests.support.site import Site


@pytest.mark.asvs("6.6.3", "6.3.1")
@pytest.mark.threat("B1", "B2")
def test_ten_wrong_codes_over_several_sign_ins_pause_for_half_a_minute_and_the_pause_doubles_to_an_hour(
    make_site: Make,
) -> None:
    site = make_site(**ROOMY, LIMIT_WRONG_CODES_ADDRESS="1000/hour", LIMIT_WRONG_CODES_ACCOUNT="1000/hour")
    of = estate(site, "Borealis")
    waits = []
    with time_machine.travel(now(), tick=False) as clock:
        browser = site.half_signed_in(of.owner)
        for _ in range(5):
            assert guess(browser).status == 422
        browser = site.half_signed_in(of.owner)
        for _ in range(5):
            assert guess(browser).status == 422
        for _ in range(9):
            browser = site.half_signed_in(of.owner)
            paused = guess(browser)
            assert paused.status == 429
            waits.append(int(paused.headers["Retry-After"]) - 1)
            clock.shift(timedelta(seconds=waits[-1] + 1))
            assert guess(site.half_signed_in(of.owner)).status == 422
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    told = subjects(site, of.owner.email)
    assert told.count("Too many wrong codes for your Engagement Cloud sign-in") == 1


@pytest.mark.threat("B11")
def test_a_pause_does_not_keep_a_trusted_browser_out(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    trusted = site.trusted(of.owner)
    failed(site, of.owner, 9)
    guess(site.half_signed_in(of.owner))
    assert guess(site.half_signed_in(of.owner)).status == 429
    trusted.get("/login")
    assert trusted.submit(email=of.owner.email, password=site.world.password).location == "/"


@pytest.mark.asvs("6.3.5")
def test_three_wrong_codes_after_the_right_password_are_told_once_an_hour(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    subject = "Someone has your password for Engagement Cloud"
    browser = site.half_signed_in(of.owner)
    guess(browser), guess(browser)
    assert subject not in subjects(site, of.owner.email)
    guess(browser)
    assert subjects(site, of.owner.email).count(subject) == 1
    mail = next(mail for mail in site.mails(of.owner.email) if mail["subject"] == subject)
    assert "/not-me/" in mail["text"]
    assert "/password/forgot" in mail["text"]
    browser = site.half_signed_in(of.owner)
    for _ in range(3):
        guess(browser)
    assert subjects(site, of.owner.email).count(subject) == 1


def test_the_step_up_and_the_sign_in_share_one_count(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    inside = site.signed_in(of.owner)
    place = inside.get(fixed_export(inside) + "/download").location
    for _ in range(5):
        inside.post(place, {"code": "wrong"})
    browser = site.half_signed_in(of.owner)
    for _ in range(5):
        guess(browser)
    assert inside.post(place, {"code": "wrong"}).status == 429
    assert site.world.reload(of.owner).code_failures == 10


def test_guesses_during_a_pause_leave_one_event_an_hour(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    failed(site, of.user, 9)
    guess(site.half_signed_in(of.user))
    browser = site.half_signed_in(of.user)
    for _ in range(4):
        assert guess(browser).status == 429
    assert len(events(site, Event.CODE_REFUSED)) == 1


@pytest.mark.asvs("6.3.5")
def test_wrong_codes_over_several_sign_ins_are_told_as_those_of_one(site: Site) -> None:
    _, owner = site.world.acme()
    for _ in range(2):
        browser = site.browser()
        browser.get("/login")
        assert browser.submit(email=owner.email, password=site.world.password).location == "/login/code"
        for _ in range(2):
            browser.get("/login/code")
            browser.submit(having="code", code="nothing")
    told = [
        mail for mail in site.mails(owner.email) if mail["subject"].startswith("Someone has your password")
    ]
    assert len(told) == 1
