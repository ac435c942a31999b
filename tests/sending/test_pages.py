"""When no text may go, the page says so and why, no door opens, and what was typed is kept."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from extensions import db
from models import User
from models.sms import SmsPause
from services.clock import now
from services.unit_of_work import write
from tests.sending.conftest import Make, sent_to
from tests.support.browser import Browser, Page
from tests.support.exporting import fixed_export
from tests.support.site import Site

#: What is set, so that the first text is refused; and the sentence.
REFUSED = {
    "LIMIT_SMS_SITE": "We cannot send any more text messages at the moment",
    "LIMIT_SMS_PREFIX": "We cannot send any more text messages to this number range at the moment",
    "LIMIT_SMS_ACCOUNT": "Too many text messages were sent for your account",
    "LIMIT_SMS_ADDRESS": "Too many text messages were asked for from your network",
    "LIMIT_SMS_USER": "Too many text messages were sent to this phone",
    "LIMIT_SMS_NUMBER": "Too many text messages were sent to this phone",
}
pytestmark = [pytest.mark.threat("A8", "G1"), pytest.mark.asvs("6.6.3")]


def at_the_code_page(site: Site, user: User) -> tuple[Browser, Page]:
    browser = site.half_signed_in(user)
    return browser, browser.get("/login/code")


def is_told_by(page: Page, words: str) -> bool:
    return (
        any(words in line for line in page.errors)
        and page.status == 429
        and page.headers["Retry-After"] != "0"
    )


@pytest.mark.parametrize("setting", REFUSED)
def test_a_sign_in_without_a_text_says_why_and_lets_nobody_in(make_site: Make, setting: str) -> None:
    site = make_site(**{setting: "1/day"})
    account, first = site.world.acme()
    user = first
    if setting in {"LIMIT_SMS_SITE", "LIMIT_SMS_PREFIX", "LIMIT_SMS_ACCOUNT", "LIMIT_SMS_ADDRESS"}:
        user = site.world.user(account)
    at_the_code_page(site, first)
    browser, page = at_the_code_page(site, user)
    assert page.status == 200
    assert "No text message was sent" in page.words
    assert REFUSED[setting] in page.words
    assert REFUSED[setting] in browser.get("/login/code/status", keep=False).response.json["status"]
    browser.get("/login/code")
    again = browser.submit(form="/login/code/resend")
    assert is_told_by(again, REFUSED[setting])
    assert again.html.select_one('[name="code"]') is not None
    assert browser.submit(code="123456").status == 422
    assert browser.get("/contacts").location == "/login/code"
    assert sent_to(site, user.mobile_number) == (1 if user is first else 0)


def test_a_step_up_without_a_text_says_why_and_opens_nothing(make_site: Make) -> None:
    site = make_site(LIMIT_SMS_SITE="1/day")
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    path = fixed_export(browser) + "/download"
    page = browser.get(browser.get(path).location)
    assert REFUSED["LIMIT_SMS_SITE"] in page.words
    assert is_told_by(browser.submit(form="/step-up/resend"), REFUSED["LIMIT_SMS_SITE"])
    assert browser.get(path).location.startswith("/step-up")


def test_a_number_that_cannot_be_confirmed_now_keeps_what_was_typed(make_site: Make) -> None:
    site = make_site(LIMIT_SMS_NEW_USER="1/day")
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    for number in ("07400 990001", "07400 990002"):
        browser.get("/settings/profile")
        place = browser.submit(mobile_number=number, name="Dana Kept").location
    page = browser.get(place)
    assert "Too many codes were sent to new numbers for you" in page.words
    again = browser.submit(form="/resend")
    assert is_told_by(again, "Too many codes were sent to new numbers for you")
    browser.submit(form="/cancel")
    form = browser.follow()
    assert (form.value("name"), form.value("mobile_number")) == ("Dana Kept", "07400 990002")
    assert site.world.reload(owner).mobile_number == owner.mobile_number


def test_a_closed_country_is_told_without_a_wait(make_site: Make) -> None:
    site = make_site(ALLOWED_REGIONS="GB")
    account, _ = site.world.acme()
    user = site.world.user(account, mobile_number="+33612345678")
    browser, page = at_the_code_page(site, user)
    assert "We cannot send text messages to numbers in this country" in page.words
    again = browser.submit(form="/login/code/resend")
    assert (again.status, again.headers.get("Retry-After")) == (422, None)
    assert browser.get("/contacts").location == "/login/code"


def test_a_paused_range_is_told_and_confirmed_numbers_are_texted(site: Site) -> None:
    account, known = site.world.acme()
    new = site.world.user(account, mobile_confirmed_at=None)
    with site.context(), write():
        db.session.add(
            SmsPause(
                area="+44740012", created_at=now(), until=now() + timedelta(hours=6), texts=20, verified=0
            )
        )
    browser, page = at_the_code_page(site, new)
    why = "We cannot send text messages to this number range at the moment. Try again in 6 hours, or contact support"
    assert why in page.words
    assert is_told_by(browser.submit(form="/login/code/resend"), "to this number range at the moment")
    at_the_code_page(site, known)
    assert (sent_to(site, new.mobile_number), sent_to(site, known.mobile_number)) == (0, 1)


# --- waits over all sign-ins


def test_a_second_try_gets_its_text_at_once_and_a_third_waits(
    site: Site, time_machine_at: Callable[..., None]
) -> None:
    time_machine_at(seconds=0)
    _, owner = site.world.acme()
    for _ in range(2):
        browser, page = at_the_code_page(site, owner)
        assert "Sending…" in page.words
        browser.submit(form="/login/code/cancel")
    browser, page = at_the_code_page(site, owner)
    assert "We sent one to this phone 1 second ago, and its code does not work here" in page.words
    assert "You can ask for another text in 30 seconds" in page.words
    assert browser.submit(form="/login/code/resend").status == 429
    assert sent_to(site, owner.mobile_number) == 2
    time_machine_at(seconds=30)
    assert "Send a text message" in browser.get("/login/code").words
    assert browser.submit(form="/login/code/resend").status == 303
    assert "Sending…" in browser.get("/login/code").words
    assert browser.submit(code=site.code(owner.mobile_number)).location == "/"


@pytest.mark.threat("G2")
def test_beginning_again_and_again_rings_a_phone_more_and_more_seldom(
    site: Site, time_machine_at: Callable[..., None]
) -> None:
    _, owner = site.world.acme()
    time_machine_at(seconds=0)
    sent = []
    for _ in range(40):  # ten minutes
        browser, _ = at_the_code_page(site, owner)
        browser.submit(form="/login/code/cancel")
        sent.append(sent_to(site, owner.mobile_number))
        time_machine_at(seconds=15)
    assert [sent[0], sent[1], sent[2]] == [1, 2, 2]
    # At 0, 15, 45, 105, 225 and 465 seconds.
    assert sent[-1] == 6


@pytest.mark.threat("G2")
def test_many_open_sign_ins_do_not_ring_a_phone_more_often_than_one(
    site: Site, time_machine_at: Callable[..., None]
) -> None:
    _, owner = site.world.acme()
    time_machine_at(seconds=0)
    browsers = [at_the_code_page(site, owner)[0] for _ in range(4)]
    time_machine_at(seconds=31)
    assert sorted(one.submit(form="/login/code/resend").status for one in browsers) == [303, 429, 429, 429]
    assert sent_to(site, owner.mobile_number) == 3


def test_who_enters_codes_never_waits_for_the_next(site: Site) -> None:
    """Sign-in, then guarded actions, within a minute."""
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    for at in range(3):
        browser.get(browser.get(fixed_export(browser) + "/download").location)
        assert sent_to(site, owner.mobile_number) == 2 + at
        assert browser.submit(code=site.code(owner.mobile_number)).status == 303


@pytest.mark.threat("B11")
def test_a_new_password_ends_the_wait_that_a_thief_made(
    site: Site, time_machine_at: Callable[..., None]
) -> None:
    _, owner = site.world.acme()
    time_machine_at(seconds=0)
    for _ in range(3):
        at_the_code_page(site, owner)
    time_machine_at(seconds=1)
    with site.context(), write():
        db.session.get_one(User, owner.id).password_changed_at = now()
    time_machine_at(seconds=1)
    assert "Sending…" in at_the_code_page(site, owner)[1].words
