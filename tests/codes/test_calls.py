"""A call that speaks the code: whom it may ring, when, how often, and that it is the same code."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from extensions import db
from models import Message, User
from models.audit import AuditEvent
from models.sms import SmsPause
from services.clock import now
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.site import Site

Clock = Callable[..., None]
CALL = "/login/code/call"


def waiting(site: Site, user: User) -> Browser:
    """A browser that waits for the code of ``user``, whose text was handed over."""
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email=user.email, password=site.world.password).location == "/login/code"
    site.deliver()
    browser.get("/login/code")
    return browser


def calls(site: Site) -> list[dict[str, str]]:
    site.deliver()
    path = site.settings.voice_outbox
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def spoken(call: dict[str, str]) -> str:
    found = re.search(r"is: ((?:\d, ){5}\d)\.", call["words"])
    assert found is not None
    return found[1].replace(", ", "")


def fail_texts(site: Site, code: str | None = "1190", state: str = "rejected") -> None:
    with site.context(), write() as session:
        session.execute(
            update(Message)
            .where(Message.channel == "sms")
            .values(state=state, error_code=code, reason=None)
            .execution_options(synchronize_session=False)
        )


def offered(page: Page) -> bool:
    """Whether the page shows the button."""
    return page.html.select_one(f'[data-poll-if="call"]:not([hidden]) form[action="{CALL}"]') is not None


@pytest.fixture
def owner(site: Site) -> User:
    found: User = site.world.acme()[1]
    return found


def test_a_call_says_the_code_of_the_text_and_it_opens_the_door(
    site: Site, owner: User, time_machine_at: Clock
) -> None:
    browser = waiting(site, owner)
    assert not offered(browser.get("/login/code"))
    time_machine_at(seconds=31)
    assert offered(browser.get("/login/code"))
    assert browser.submit(form=CALL).location == "/login/code"
    assert "Calling your phone…" in browser.get("/login/code").words
    [call] = calls(site)
    assert (call["to"], call["purpose"], spoken(call)) == (owner.mobile_number, "login", site.code())
    with site.context():
        noted = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "code:called")).one()
        assert noted.details == {"purpose": "sign in", "number": "+44 •••• ••••" + owner.mobile_number[-2:]}
    assert browser.submit(code=spoken(call)).location == "/"


def test_a_call_waits_as_a_text_does_and_makes_the_next_text_wait(
    site: Site, owner: User, time_machine_at: Clock
) -> None:
    browser = waiting(site, owner)
    early = browser.submit(form=CALL)
    assert (early.status, int(early.headers["Retry-After"]) <= 30) == (429, True)
    assert "You can ask for a call in" in " ".join(early.errors)
    time_machine_at(seconds=31)
    browser.submit(form=CALL)
    assert browser.submit(form="/login/code/resend").status == 429
    assert (len(calls(site)), len(site.texts())) == (1, 1)


@pytest.mark.parametrize(
    ("code", "may"),
    [("1190", True), ("1280", True), ("1240", True), (None, True), ("1040", False), ("1170", False)],
)
def test_after_a_text_that_failed_a_call_goes_at_once_where_it_can_help(
    site: Site, owner: User, code: str | None, may: bool
) -> None:
    browser = waiting(site, owner)
    fail_texts(site, code)
    assert offered(browser.get("/login/code")) == may
    assert browser.submit(form=CALL).status == (303 if may else 422)
    assert len(calls(site)) == may
    if may:
        assert browser.submit(form=CALL).status == 429, "the second waits, whatever became of the first"


def test_one_code_is_spoken_twice_at_most(site: Site, owner: User, time_machine_at: Clock) -> None:
    browser = waiting(site, owner)
    for seconds in (31, 121):
        time_machine_at(seconds=seconds)
        assert browser.submit(form=CALL).status == 303
    time_machine_at(seconds=301)
    assert not offered(browser.get("/login/code"))
    third = browser.submit(form=CALL)
    assert (third.status, "as often as we can" in " ".join(third.errors)) == (422, True)
    assert len(calls(site)) == 2


def at_a_new_number(site: Site) -> Browser:
    """A browser that waits for the code to a number that nobody confirmed."""
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/account")
    answer = browser.submit(two_factor_enabled="y", mobile_number="+447400129999")
    site.deliver()
    browser.get(answer.location)
    return browser


@pytest.mark.threat("G2")
def test_a_number_that_nobody_confirmed_is_called_only_after_its_text_failed_and_once(
    site: Site, time_machine_at: Clock
) -> None:
    """Who types in a number of their own choice may earn by each call to it."""
    browser = at_a_new_number(site)
    time_machine_at(seconds=31)
    assert browser.submit(form="confirm-mobile/call").status == 422
    fail_texts(site)
    assert browser.submit(form="confirm-mobile/call").status == 303
    [call] = calls(site)
    assert (call["to"], call["purpose"]) == ("+447400129999", "mobile.confirm")
    time_machine_at(seconds=121)
    assert browser.submit(form="confirm-mobile/call").status == 422
    assert len(calls(site)) == 1


def test_a_range_that_is_paused_is_not_called_either(site: Site) -> None:
    browser = at_a_new_number(site)
    fail_texts(site)
    with site.context(), write() as session:
        session.add(
            SmsPause(
                area="+44740012", created_at=now(), until=now() + timedelta(hours=1), texts=20, verified=0
            )
        )  # fmt: skip
    refused = browser.submit(form="confirm-mobile/call")
    assert (refused.status, "this number range" in " ".join(refused.errors)) == (429, True)
    assert calls(site) == []


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"VOICE_CALLS": "off"}, 422, "We cannot call this number with a code"),
        ({"VOICE_REGIONS": "IE,DE"}, 422, "We cannot call numbers in this country"),
        ({"DEFAULT_REGION": "IE"}, 422, "We cannot call numbers in this country"),
        ({"LIMIT_CALLS_USER": "1/day"}, 429, "Too many calls were made for you"),
        ({"LIMIT_CALLS_NUMBER": "1/day"}, 429, "Too many calls were made to this phone"),
        ({"LIMIT_CALLS_ACCOUNT": "1/day"}, 429, "Too many calls were made for your account"),
        ({"LIMIT_CALLS_SITE": "1/day"}, 429, "We cannot make any more calls at the moment"),
    ],
)
def test_what_forbids_a_call_is_said_and_the_page_stops_offering_it(
    make_site: Any, time_machine_at: Clock, changed: dict[str, str], status: int, words: str
) -> None:
    site = make_site(**changed)
    browser = waiting(site, site.world.acme()[1])
    if status == 429:
        time_machine_at(seconds=31)
        assert browser.submit(form=CALL).status == 303
    time_machine_at(seconds=121)
    assert not offered(browser.get("/login/code"))
    refused = browser.submit(form=CALL)
    assert (refused.status, words in " ".join(refused.errors)) == (status, True)
    assert len(calls(site)) == (status == 429)


def test_a_call_whose_code_died_meanwhile_rings_nobody(
    site: Site, owner: User, time_machine_at: Clock
) -> None:
    browser = waiting(site, owner)
    time_machine_at(seconds=31)
    browser.post(CALL)
    browser.get("/login/code")
    browser.submit(form="/login/code/cancel")
    assert calls(site) == []


def test_a_step_up_says_in_the_call_what_it_is_for(site: Site, time_machine_at: Clock) -> None:
    account, owner = site.world.acme()
    browser = site.signed_in(owner)
    browser.get(browser.get("/settings/activity.csv").location)
    site.deliver()
    time_machine_at(seconds=31)
    assert browser.submit(form="/step-up/call").location.startswith("/step-up")
    [call] = calls(site)
    assert "Your authentication code to download the activity log" in call["words"]
    assert spoken(call) == site.code()


@pytest.mark.asvs("6.3.7")
def test_a_call_is_told_by_mail_once_an_hour_with_a_link_that_closes_everything(
    site: Site, owner: User, time_machine_at: Clock
) -> None:
    """A call can be forwarded; its owner need not have lost a phone or a SIM card."""

    def told() -> list[str]:
        return [mail["text"] for mail in site.mails(owner.email) if "by call" in mail["subject"]]

    browser = waiting(site, owner)
    for seconds in (31, 121):
        time_machine_at(seconds=seconds)
        assert browser.submit(form=CALL).status == 303
    [mail] = told()
    assert f"+44 •••• ••••{owner.mobile_number[-2:]} and say a code to sign in" in mail
    assert "/not-me/" in mail
    time_machine_at(hours=2)
    later = waiting(site, owner)
    time_machine_at(seconds=31)
    assert later.submit(form=CALL).location == "/login/code"
    assert len(calls(site)) == 3
    assert len(told()) == 2


def test_a_call_to_a_number_that_nobody_confirmed_is_not_told(site: Site) -> None:
    browser = at_a_new_number(site)
    fail_texts(site)
    assert browser.submit(form="confirm-mobile/call").status == 303
    assert not [mail for mail in site.mails() if "by call" in mail["subject"]]


def test_nobody_is_called_for_somebody_who_is_not_waiting(site: Site, owner: User) -> None:
    browser = site.browser()
    browser.get("/login")
    assert browser.post(CALL).location == "/login"
    signed_in = site.signed_in(owner)
    for path in (
        "/step-up/call",
        "/settings/account/confirm-mobile/call",
        "/settings/profile/confirm-mobile/call",
    ):
        assert signed_in.post(path).status == 303
    assert calls(site) == []
    with site.context():
        assert not db.session.scalar(
            select(func.count()).select_from(Message).where(Message.channel == "voice")
        )
