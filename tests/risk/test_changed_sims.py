"""A SIM that was just changed gets codes to sign in, and no others."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from extensions import db
from models import Challenge, Message, NumberInsight, User
from models.message import MessageState
from services import codes, delivery
from services.audit import Event
from services.clock import now
from services.purge import purge_expired
from tests.risk.conftest import EXPORT, OK, MakeRisky, an_export, changed
from tests.support.at_once import at_once
from tests.support.browser import Browser, Page
from tests.support.rows import events
from tests.support.site import Site
from tests.support.statements import statements
from tests.support.vonage_standin import VonageStandin

STOPPED = "No text message was sent"


def codes_to(site: Site, user: User) -> int:
    return len([one for one in site.texts(user.mobile_number) if re.match(r"\d{6} is", one["text"])])


def ask_for(site: Site, browser: Browser, path: str = EXPORT) -> Page:
    """The code page of ``path``, after the worker did what it could."""
    where = browser.get(path).location
    assert where.startswith("/step-up")
    site.deliver()
    return browser.get(where)


def the_newest_code(site: Site) -> tuple[str, str | None]:
    """What became of its text, and of itself."""
    with site.context():
        newest = db.session.execute(
            select(Message.state, Challenge.outcome).join(Challenge).order_by(Message.id.desc()).limit(1)
        ).one()
        return newest.state, newest.outcome


def mails_about_it(site: Site, user: User) -> int:
    return len([mail for mail in site.mails(user.email) if "SIM card" in mail["subject"]])


@pytest.mark.threat("G4")
def test_an_export_is_stopped_and_stays_so_by_resend_by_a_new_code_and_by_a_new_sign_in(
    site: Site, owner: User, browser: Browser, vonage: VonageStandin, time_machine_at: Callable[..., None]
) -> None:
    vonage.insights["sim_swap"] = changed(5)
    before = codes_to(site, owner)
    page = ask_for(site, browser)
    assert "The SIM card of this number was changed 5 hours ago" in page.words
    assert STOPPED in page.words
    assert the_newest_code(site) == (MessageState.REJECTED, "sim_changed")

    time_machine_at(minutes=2)
    again = browser.submit(form="/step-up/resend")
    assert again.status == 429
    assert int(again.headers["Retry-After"]) > 66 * 3600
    assert "No code goes to it for 67 hours yet" in again.words
    vonage.answer_with("500", "500", "500")  # what was heard is not forgotten because nobody answers
    other = ask_for(site, browser, an_export(browser))
    assert STOPPED in other.words
    fresh = site.signed_in(owner)  # signing in still works
    assert STOPPED in ask_for(site, fresh).words
    assert codes_to(site, owner) == before + 1
    assert mails_about_it(site, owner) == 1
    assert len(events(site, Event.SIM_CHANGED)) == 1

    time_machine_at(hours=68)
    later = site.signed_in(owner)
    vonage.insights["sim_swap"] = {"is_swapped": False, "status": OK}
    assert STOPPED not in ask_for(site, later).words
    assert codes_to(site, owner) == before + 3


def test_what_gives_a_code_is_not_seen_by_whoever_guesses_at_a_stopped_one(
    site: Site, browser: Browser, vonage: VonageStandin
) -> None:
    vonage.insights["sim_swap"] = changed(1)
    ask_for(site, browser)
    with site.context():
        challenge = db.session.scalars(select(Challenge).order_by(Challenge.id.desc()).limit(1)).one()
        right = codes.code_for(challenge)
    assert browser.submit(code=right).status == 422
    assert browser.get(EXPORT).location.startswith("/step-up")


def test_the_person_and_the_owner_are_told_once_and_the_log_says_on_what_ground(
    site: Site, vonage: VonageStandin
) -> None:
    account, owner = site.world.acme()
    user = site.world.user(account, can_export=True)
    site.world.contacts(account, 3, list_name="Newsletter")
    browser = site.signed_in(user)
    vonage.insights["sim_swap"] = changed(None)
    path = an_export(browser)
    page = ask_for(site, browser, path)
    assert "was changed in the last 72 hours" in page.words
    assert "your account owner can enter another number for you" in page.words
    ask_for(site, site.signed_in(user), path)
    assert mails_about_it(site, user) == 1
    assert mails_about_it(site, owner) == 1
    (event,) = events(site, Event.SIM_CHANGED)
    assert event.account_id == account.id
    assert event.details["status"] == "OK"
    assert str(user.mobile_number) not in str(event.details)


def test_two_people_with_one_phone_are_both_told(site: Site, vonage: VonageStandin) -> None:
    account, owner = site.world.acme()
    partner = site.world.user(account, mobile_number=owner.mobile_number, can_export=True)
    vonage.insights["sim_swap"] = changed(1)
    ask_for(site, site.signed_in(owner))
    site.world.contacts(account, 3, list_name="Newsletter")
    browser = site.signed_in(partner)
    assert STOPPED in ask_for(site, browser, an_export(browser)).words
    assert mails_about_it(site, partner) == 1


@pytest.mark.parametrize(
    "told",
    [
        {"is_swapped": True, "status": {"code": "NO_COVERAGE"}},
        changed(100),  # longer ago than SIM_SWAP_HOURS
    ],
)
def test_a_code_goes_where_no_change_is_known(
    told: dict[str, object], site: Site, owner: User, browser: Browser, vonage: VonageStandin
) -> None:
    vonage.insights["sim_swap"] = told
    before = codes_to(site, owner)
    ask_for(site, browser)
    assert codes_to(site, owner) == before + 1
    assert site.step_up(browser, EXPORT)


def test_a_provider_that_does_not_answer_stops_no_code_and_delays_it_by_two_seconds(
    site: Site, owner: User, browser: Browser, vonage: VonageStandin
) -> None:
    vonage.answer_with("hang")
    before = codes_to(site, owner)
    where = browser.get(EXPORT).location
    started = time.monotonic()
    site.deliver()
    assert 1.9 < time.monotonic() - started < 10  # two seconds, on a machine that is busy
    assert where.startswith("/step-up")
    assert codes_to(site, owner) == before + 1
    with site.context():
        assert db.session.scalar(select(func.count(NumberInsight.number))) == 0


def test_a_change_that_comes_between_two_codes_is_seen_once_ten_minutes_have_passed(
    site: Site, owner: User, browser: Browser, vonage: VonageStandin, time_machine_at: Callable[..., None]
) -> None:
    ask_for(site, browser)
    asked = len(vonage.requests)
    ask_for(site, browser, an_export(browser))
    assert len(vonage.requests) == asked  # known for ten minutes
    time_machine_at(minutes=11)
    vonage.insights["sim_swap"] = changed(0.1)
    page = ask_for(site, browser, an_export(browser))
    assert "was changed less than an hour ago" in page.words
    assert vonage.requests[-1].body["insights"] == {
        "sim_swap": {"period": 72}
    }  # its carrier is known for a week


def test_signing_in_asks_nobody(site: Site, owner: User, vonage: VonageStandin) -> None:
    vonage.insights["sim_swap"] = changed(1)
    site.signed_in(owner)
    assert vonage.requests == []


def test_a_new_number_is_confirmed_on_a_new_sim(site: Site, vonage: VonageStandin) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    vonage.insights["sim_swap"] = changed(1)
    browser.get("/settings/profile")
    browser.submit(mobile_number="07400 555666")
    assert site.code("+447400555666")
    assert [request.body["insights"] for request in vonage.requests] == [{"current_carrier": {}}]


@pytest.mark.threat("G4")
def test_who_took_over_the_old_sim_cannot_put_a_new_number_in_its_place(
    site: Site, owner: User, browser: Browser, vonage: VonageStandin
) -> None:
    vonage.insights["sim_swap"] = changed(1)
    before = codes_to(site, owner)
    browser.get("/settings/profile")
    where = browser.submit(mobile_number="07400 555666").location
    site.deliver()
    assert STOPPED in browser.get(where).words
    assert codes_to(site, owner) == before
    assert site.texts("+447400555666") == []


def test_a_number_that_nobody_confirmed_and_that_takes_no_texts_gets_none(
    site: Site, vonage: VonageStandin
) -> None:
    account, _ = site.world.acme()
    user = site.world.user(account, mobile_confirmed_at=None)
    vonage.insights["current_carrier"] = {"network_type": "LANDLINE", "status": OK}
    browser = site.half_signed_in(user)
    browser.get("/login/code")
    site.deliver()
    assert "This number cannot receive texts" in browser.get("/login/code").words
    assert codes_to(site, user) == 0


@pytest.mark.parametrize(("kind", "code"), [("VIRTUAL", "OK"), ("LANDLINE", "NO_COVERAGE")])
def test_any_other_line_gets_its_code(kind: str, code: str, site: Site, vonage: VonageStandin) -> None:
    account, _ = site.world.acme()
    user = site.world.user(account, mobile_confirmed_at=None)
    vonage.insights["current_carrier"] = {"network_type": kind, "status": {"code": code}}
    site.signed_in(user)
    assert codes_to(site, user) == 1
    with site.context():
        known = db.session.get_one(NumberInsight, user.mobile_number)
        assert (known.network_type, known.carrier_status) == (kind if code == "OK" else None, code)


def test_several_workers_decide_alike_whoever_asks(
    site: Site, owner: User, browser: Browser, vonage: VonageStandin
) -> None:
    vonage.insights["sim_swap"] = changed(2)
    before = codes_to(site, owner)
    for _ in range(4):
        browser.get(an_export(browser))
    with site.context():
        waiting = delivery.due_ids()

    def work(message_id: int) -> bool:
        with site.app.app_context():
            return delivery.deliver(message_id)

    assert all(at_once(*(lambda one=one: work(one) for one in waiting)))  # type: ignore[misc]
    assert codes_to(site, owner) == before
    assert 1 <= len(vonage.requests) <= len(waiting)
    assert mails_about_it(site, owner) == 1


@contextmanager
def refusing(site: Site, table: str, value: str = "") -> Iterator[None]:
    """The database writes no row of ``table``, or none with ``value`` in it."""

    def refuse(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith((f"INSERT INTO {table}", f"UPDATE {table}")) and value in str(parameters):
            raise OSError("no space left on device")

    with site.context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


def test_a_code_stays_here_even_where_nobody_can_be_told(
    site: Site, owner: User, browser: Browser, vonage: VonageStandin
) -> None:
    vonage.insights["sim_swap"] = changed(2)
    before = codes_to(site, owner)
    browser.get(EXPORT)
    with refusing(site, "links"):  # where the mail's link would go
        site.deliver()
    assert codes_to(site, owner) == before
    assert the_newest_code(site) == (MessageState.REJECTED, None)
    assert STOPPED in ask_for(site, browser, an_export(browser)).words
    assert mails_about_it(site, owner) == 1


@pytest.mark.threat("G4")
@pytest.mark.parametrize(("table", "value"), [("message_events", "insight"), ("number_insights", "")])
def test_a_code_stays_here_even_where_nothing_can_be_noted(
    site: Site, owner: User, browser: Browser, vonage: VonageStandin, table: str, value: str
) -> None:
    vonage.insights["sim_swap"] = changed(2)
    before = codes_to(site, owner)
    browser.get(EXPORT)
    with refusing(site, table, value):
        site.deliver()
    assert len(vonage.requests) >= 1
    assert codes_to(site, owner) == before
    assert the_newest_code(site) == (MessageState.REJECTED, "sim_changed")
    assert mails_about_it(site, owner) == 1


def test_off_it_costs_neither_a_request_nor_a_statement(make_risky: MakeRisky, vonage: VonageStandin) -> None:
    site = make_risky(IDENTITY_INSIGHTS="off")
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    with statements(site) as seen:
        ask_for(site, browser)
    assert vonage.requests == []
    assert not [statement for statement in seen if "number_insights" in statement]


def test_what_is_known_of_a_number_goes_when_it_is_true_no_more(
    site: Site, browser: Browser, time_machine_at: Callable[..., None]
) -> None:
    ask_for(site, browser)
    with site.context():
        assert purge_expired()["Insights of numbers"] == 0
        known = db.session.scalars(select(NumberInsight)).one()
        assert known.expires_at - now() > timedelta(days=6)
    time_machine_at(days=8)
    with site.context():
        assert purge_expired()["Insights of numbers"] == 1
