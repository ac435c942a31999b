"""What the code page says of the newest text or call, and to its script: the same, and always a way on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models import Message
from models.provider import Circuit
from services.clock import now
from services.unit_of_work import write
from tests.codes.test_calls import CALL, offered, waiting
from tests.support.browser import Browser, Page
from tests.support.site import Site
from tests.support.statements import statements

Clock = Callable[..., None]
STATUS = "/login/code/status"


@pytest.fixture
def browser(site: Site) -> Browser:
    return waiting(site, site.world.acme()[1])


def become(site: Site, **values: Any) -> None:
    """The newest text, or all there are of them, as a receipt left it."""
    with site.context(), write() as session:
        session.execute(
            update(Message)
            .where(Message.channel == values.pop("channel", "sms"))
            .values({"error_code": None, "reason": None, **values})
            .execution_options(synchronize_session=False)
        )


def told(browser: Browser) -> dict[str, Any]:
    found = browser.get(STATUS, keep=False).response.get_json()
    assert isinstance(found, dict)
    return found


def resend_offered(page: Page) -> bool:
    return page.html.select_one('[data-poll-if="resend"]:not([hidden]) form') is not None


def test_each_end_of_a_text_has_its_words_and_a_way_on(site: Site, browser: Browser) -> None:
    rows: list[tuple[str, str | None, str, str]] = [
        ("queued", None, "info", "Sending…"),
        ("sending", None, "info", "Sending…"),
        ("accepted", None, "info", "Sent"),
        ("delivered", None, "good", "Delivered to your phone"),
        ("unknown", None, "info", "Your text message may not have arrived"),
        ("expired", "1360", "bad", "Your text message did not arrive in time"),
        ("rejected", None, "bad", "Your text message could not be sent"),
        ("rejected", "1330", "bad", "Your text message could not be sent"),
        ("rejected", "1040", "bad", "There is no such mobile number"),
        ("rejected", "1190", "bad", "This number cannot receive texts"),
        ("rejected", "1280", "bad", "Your carrier refused it"),
        ("rejected", "1240", "bad", "You have opted out of our texts"),
        ("rejected", "1180", "bad", "Your phone is off or out of reach"),
        ("rejected", "1241", "bad", "Too many texts went to your phone"),
        ("rejected", "1230", "bad", "Your text message got lost on its way"),
        ("rejected", "1070", "bad", "We cannot send text messages at the moment"),
        ("rejected", "1120", "bad", "We cannot send text messages at the moment"),
    ]
    for state, code, kind, title in rows:
        become(site, state=state, error_code=code)
        page, status = browser.get("/login/code"), told(browser)
        assert (status["kind"], status["title"]) == (kind, title), (state, code)
        notice = page.html.select_one(f".notice-{kind} .notice-title")
        assert notice is not None
        assert notice.get_text() == title
        assert status["text"] in page.words
        assert (resend_offered(page), offered(page)) == (status["resend"], status["call"])
        assert status["resend"] or status["call"], "no dead end"
        assert page.html.select_one("details[open]") is not None or kind != "bad"
        assert page.html.select_one('[data-poll-without] a[href="/login/code"]') is not None
        assert page.html.select_one('form[action="/login/code/cancel"] input[value="support"]') is not None


def test_a_carrier_that_says_nothing_is_told_of_after_half_a_minute(
    site: Site, browser: Browser, time_machine_at: Clock
) -> None:
    time_machine_at(seconds=29)
    assert told(browser)["title"] == "Sent"
    time_machine_at(seconds=32)
    status = told(browser)
    assert (status["title"], status["call"]) == ("Sent, but no news from your carrier", True)
    time_machine_at(seconds=601)
    assert told(browser)["title"] == "The code has expired"
    assert not told(browser)["call"]


def test_a_text_that_does_not_leave_is_said_and_whether_we_know(
    site: Site, browser: Browser, time_machine_at: Clock
) -> None:
    become(site, state="queued")
    time_machine_at(seconds=31)
    assert told(browser)["title"] == "Your text message has not left yet"
    with site.context(), write() as session:
        session.add(Circuit(name="outbox", state="open", reason="401", failures=0, changed_at=now()))
    status = told(browser)
    assert (status["kind"], status["title"]) == ("bad", "We cannot send text messages at the moment")
    assert "We know about it." in status["text"]


def test_each_end_of_a_call_has_its_words(site: Site, browser: Browser, time_machine_at: Clock) -> None:
    time_machine_at(seconds=31)
    browser.submit(form=CALL)
    rows: list[tuple[str, str | None, str, str]] = [
        ("queued", None, "info", "Calling your phone…"),
        ("accepted", None, "info", "Calling your phone…"),
        ("delivered", None, "good", "Your phone was answered"),
        ("unknown", None, "info", "Our call may not come through"),
        ("rejected", "busy", "bad", "Your phone was busy"),
        ("rejected", "unanswered", "bad", "Nobody answered our call"),
        ("rejected", "rejected", "bad", "Our call was declined"),
        ("rejected", "machine", "bad", "An answering machine took our call"),
        ("rejected", "no_route", "bad", "Your carrier refused our call"),
        ("rejected", "failed", "bad", "Our call did not come through"),
    ]
    for state, code, kind, title in rows:
        become(site, channel="voice", state=state, error_code=code)
        status = told(browser)
        assert (status["kind"], status["title"]) == (kind, title), (state, code)
        assert status["resend"] or status["call"]
    become(site, channel="voice", state="accepted", sent_at=now() - timedelta(seconds=61))
    assert told(browser)["title"] == "We called your phone"


@pytest.mark.asvs("15.3.1")
def test_the_script_is_told_no_more_than_the_page_shows(site: Site, browser: Browser) -> None:
    become(site, state="rejected", error_code="1190", reason="number: HTTP 422, code 1190")
    assert set(told(browser)) == {
        "status", "finished", "again", "kind", "title", "text", "resend", "call", "help"
    }  # fmt: skip
    answer = browser.get(STATUS, keep=False).text
    number = site.texts()[0]["to"]
    for secret in (number[-6:], "1190", "422", site.code()):
        assert secret not in answer


def test_asking_how_it_is_costs_few_statements(site: Site, browser: Browser, time_machine_at: Clock) -> None:
    become(site, state="accepted")
    for seconds, most in ((0, 5), (31, 10)):
        time_machine_at(seconds=seconds)
        browser.get(STATUS, keep=False)
        with statements(site) as seen:
            browser.get(STATUS, keep=False)
        assert len(seen) <= most, seen


def test_who_may_not_change_their_number_reads_who_can(site: Site) -> None:
    account, owner = site.world.acme()
    member = site.world.user(account, name="Ben Carter", mobile_number="+447400123499")
    for user, who in (
        (member, "Your account owner can enter another number for you, or contact support."),
        (owner, "Contact support."),
    ):
        browser = waiting(site, user)
        become(site, state="rejected", error_code="1040")
        assert told(browser)["text"].startswith(
            f"Your text message could not be sent. The number must be corrected first. {who}"
        )


@pytest.mark.parametrize("calls", ["on", "off"])
def test_calls_are_spoken_of_only_where_there_are_calls(make_site: Callable[..., Site], calls: str) -> None:
    site = make_site(VOICE_CALLS=calls)
    page = waiting(site, site.world.acme()[1]).submit(code="000000")
    assert "Check the newest text message" in " ".join(page.errors)
    assert (" or call" in " ".join(page.errors)) == (calls == "on")
    assert ("newest text message or call. Never" in page.words) == (calls == "on")
    assert ("and a call, carry the same code" in page.words) == (calls == "on")
