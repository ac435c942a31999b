"""Wrong codes in a row: pauses that grow and are told, and at last a number that must be bound again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from extensions import db
from models import AuditEvent, User
from services import number_binding
from services.audit import Event
from services.clock import now
from tests.support.browser import Browser, Page
from tests.support.estate import Estate, estate
from tests.support.site import Site

Make = Callable[..., Site]
ROOMY = {
    "RESEND_AFTER": "0",
    "LIMIT_SMS_USER": "1000/hour",
    "LIMIT_SMS_USER_DAY": "1000/day",
    "CODE_SENDS": "20",
}


def half_signed_in(site: Site, user: User) -> Browser:
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email=user.email, password=site.world.password).location == "/login/code"
    return browser


def guess(browser: Browser, code: str = "wrong") -> Page:
    return browser.post("/login/code", {"code": code})


def with_code(site: Site, browser: Browser, path: str, number: str | None) -> Page:
    """Post to ``path``, enter the code that it asks for, and press the button that goes on."""
    browser.get(browser.post(path).location)
    browser.submit(code=site.code(number))
    browser.follow()
    browser.submit()
    return browser.follow()


def failed(site: Site, user: User, times: int) -> None:
    """As if so many wrong codes had been entered before."""
    with site.context():
        from services.unit_of_work import write

        with write() as session:
            session.get_one(User, user.id).code_failures = times


def events(site: Site, event: Event) -> list[AuditEvent]:
    with site.context():
        found = list(db.session.scalars(select(AuditEvent).where(AuditEvent.event == event)))
        db.session.expunge_all()
        return found


def subjects(site: Site, to: str) -> list[str]:
    return [mail["subject"] for mail in site.mails(to)]


@pytest.mark.asvs("6.6.3", "6.3.1")
@pytest.mark.threat("B1", "B2")
def test_ten_wrong_codes_over_several_sign_ins_pause_for_half_a_minute_and_the_pause_doubles_to_an_hour(
    make_site: Make,
) -> None:
    site = make_site(**ROOMY, LIMIT_WRONG_CODES_ADDRESS="1000/hour", LIMIT_WRONG_CODES_ACCOUNT="1000/hour")
    of = estate(site, "Borealis")
    waits = []
    with time_machine.travel(now(), tick=False) as clock:
        browser = half_signed_in(site, of.owner)
        for _ in range(5):
            assert guess(browser).status == 422
        browser = half_signed_in(site, of.owner)
        for _ in range(5):
            assert guess(browser).status == 422
        for _ in range(9):
            browser = half_signed_in(site, of.owner)
            paused = guess(browser)
            assert paused.status == 429
            waits.append(int(paused.headers["Retry-After"]) - 1)
            clock.shift(timedelta(seconds=waits[-1] + 1))
            assert guess(half_signed_in(site, of.owner)).status == 422
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    told = subjects(site, of.owner.email)
    assert told.count("Too many wrong codes for your Engagement Cloud sign-in") == 1


@pytest.mark.threat("B11")
def test_a_pause_does_not_keep_a_trusted_browser_out(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    trusted = site.signed_in(of.owner)
    trusted.post("/logout")
    failed(site, of.owner, 9)
    guess(half_signed_in(site, of.owner))
    assert guess(half_signed_in(site, of.owner)).status == 429
    trusted.get("/login")
    assert trusted.submit(email=of.owner.email, password=site.world.password).location == "/"


@pytest.mark.asvs("6.3.5")
def test_three_wrong_codes_after_the_right_password_are_told_once_an_hour(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    subject = "Someone has your password for Engagement Cloud"
    browser = half_signed_in(site, of.owner)
    guess(browser), guess(browser)
    assert subject not in subjects(site, of.owner.email)
    guess(browser)
    assert subjects(site, of.owner.email).count(subject) == 1
    mail = next(mail for mail in site.mails(of.owner.email) if mail["subject"] == subject)
    assert "/not-me/" in mail["text"]
    assert "/password/forgot" in mail["text"]
    browser = half_signed_in(site, of.owner)
    for _ in range(3):
        guess(browser)
    assert subjects(site, of.owner.email).count(subject) == 1


@pytest.fixture
def stopped(make_site: Make) -> tuple[Site, Estate]:
    """A user whose codes were stopped a moment ago: the hundredth wrong one in a row."""
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    failed(site, of.user, 99)
    guess(half_signed_in(site, of.user))
    return site, of


def test_ninety_nine_wrong_codes_stop_nothing(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    failed(site, of.user, 98)
    guess(half_signed_in(site, of.user))
    assert site.world.reload(of.user).codes_stopped_at is None
    assert events(site, Event.CODES_STOPPED) == []


@pytest.mark.asvs("6.6.3", "6.3.1")
def test_after_a_hundred_wrong_codes_none_is_judged_or_sent(stopped: tuple[Site, Estate]) -> None:
    site, of = stopped
    with time_machine.travel(now() + timedelta(days=2), tick=False):
        texts = len(site.texts(of.user.mobile_number))
        browser = half_signed_in(site, of.user)
        page = browser.get("/login/code")
        assert "Too many wrong codes" in page.words
        assert "Cancel and contact support" in page.words
        refused = browser.post("/login/code/resend")
        assert refused.status in {422, 429}
        assert "bind your mobile number again" in refused.words
        answer = guess(browser, "123456")
        assert answer.status == 422
        assert "bind your mobile number again" in answer.error("code")
        assert len(site.texts(of.user.mobile_number)) == texts
    assert len(events(site, Event.CODES_STOPPED)) == 1
    assert "Your Engagement Cloud codes are stopped" in subjects(site, of.user.email)
    assert f"Codes for {of.user.name} are stopped" in subjects(site, of.owner.email)


def test_the_right_code_of_before_is_not_taken_either(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    failed(site, of.user, 99)
    browser, other = half_signed_in(site, of.user), half_signed_in(site, of.user)
    code = site.code(of.user.mobile_number)
    guess(browser)
    for one in (other, browser):
        assert guess(one, code).location == ""


def test_the_owner_binds_the_number_again_with_a_code_of_their_own(stopped: tuple[Site, Estate]) -> None:
    site, of = stopped
    path = f"/settings/users/{of.user.public_id}"
    owner = site.signed_in(of.owner)
    assert f"No codes are sent to {of.user.name}" in owner.get(path).words
    page = with_code(site, owner, path + "/bind-number", of.owner.mobile_number)
    assert f"Codes are sent to {of.user.name} again" in page.words
    person = site.world.reload(of.user)
    assert (person.code_failures, person.codes_stopped_at, person.mobile_confirmed_at) == (0, None, None)
    assert "Codes are sent to you again" in subjects(site, of.user.email)
    browser = half_signed_in(site, of.user)
    assert guess(browser, site.code(of.user.mobile_number)).location == "/"
    bound = events(site, Event.NUMBER_BOUND_AGAIN)
    assert [(event.actor_id, event.subject_id) for event in bound] == [(of.owner.id, of.user.id)]


def test_another_number_set_by_the_owner_binds_as_well(stopped: tuple[Site, Estate]) -> None:
    site, of = stopped
    owner = site.signed_in(of.owner)
    owner.get("/settings/account/mobile-numbers")
    number = {f"mobile_number-{of.user.public_id}": "+447400129999"}
    asked = owner.submit(having=next(iter(number)), **number)
    owner.get(asked.location)
    owner.submit(code=site.code(of.owner.mobile_number))
    owner.follow()
    owner.submit()
    assert site.world.reload(of.user).codes_stopped_at is None
    browser = half_signed_in(site, of.user)
    assert guess(browser, site.code("+447400129999")).location == "/"


def test_saving_the_same_number_does_not_bind_it(stopped: tuple[Site, Estate]) -> None:
    site, of = stopped
    owner = site.signed_in(of.owner)
    owner.get("/settings/account/mobile-numbers")
    owner.submit(having=f"mobile_number-{of.user.public_id}")
    assert site.world.reload(of.user).codes_stopped_at is not None


def test_support_binds_an_owners_number_with_a_code_and_the_owner_cannot(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    inside = site.signed_in(of.owner)
    failed(site, of.owner, 99)
    guess(half_signed_in(site, of.owner))
    assert inside.post(f"/settings/users/{of.owner.public_id}/bind-number").status == 403
    staff = site.world.support()
    support = site.signed_in(staff)
    page = support.get(f"/support/accounts/{of.account.public_id}")
    assert "Codes stopped" in page.words
    path = f"/support/accounts/{of.account.public_id}/people/{of.owner.public_id}/bind-number"
    with_code(site, support, path, staff.mobile_number)
    assert site.world.reload(of.owner).codes_stopped_at is None
    assert inside.get("/").location.startswith("/login"), "their sessions ended"


def test_nothing_is_bound_where_nothing_was_stopped(site: Site) -> None:
    of = estate(site, "Borealis")
    before = site.world.reload(of.user).mobile_confirmed_at
    owner, support = site.signed_in(of.owner), site.signed_in(site.world.support())
    owner.post(f"/settings/users/{of.user.public_id}/bind-number")
    support.post(f"/support/accounts/{of.account.public_id}/people/{of.user.public_id}/bind-number")
    assert site.world.reload(of.user).mobile_confirmed_at == before
    assert events(site, Event.NUMBER_BOUND_AGAIN) == []


def test_a_support_persons_number_is_bound_at_the_command_line(make_site: Make) -> None:
    site = make_site(**ROOMY)
    support = site.world.support()
    failed(site, support, 99)
    guess(half_signed_in(site, support))
    run = site.app.test_cli_runner().invoke
    wanted = ["bind-number", "--email", support.email, "--operator", "Robin"]
    assert run(args=wanted).exit_code == 0
    assert site.world.reload(support).codes_stopped_at is None
    assert run(args=wanted).exit_code == 1


def test_the_step_up_and_the_sign_in_share_one_count(make_site: Make) -> None:
    from tests.support.exporting import fixed_export

    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    inside = site.signed_in(of.owner)
    place = inside.get(fixed_export(inside) + "/download").location
    for _ in range(5):
        inside.post(place, {"code": "wrong"})
    browser = half_signed_in(site, of.owner)
    for _ in range(5):
        guess(browser)
    assert inside.post(place, {"code": "wrong"}).status == 429
    assert site.world.reload(of.owner).code_failures == 10


# --- what several people share


@pytest.mark.asvs("6.3.1", "2.4.1")
@pytest.mark.threat("B1", "B11")
def test_an_account_whose_passwords_are_known_takes_no_more_codes_to_sign_in_for_a_while(
    make_site: Make,
) -> None:
    site = make_site(**ROOMY, LIMIT_WRONG_CODES_ACCOUNT="6/hour")
    of, other = estate(site, "Borealis"), estate(site, "Acme", digit=1)
    inside = site.signed_in(of.owner)
    for person in (of.user, of.exporter):
        browser = half_signed_in(site, person)
        assert [guess(browser).status for _ in range(3)] == [422] * 3
    refused = guess(half_signed_in(site, of.owner))
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Many wrong codes for people of Borealis" in subjects(site, of.owner.email)
    assert [event.details["limit"] for event in events(site, Event.CODE_REFUSED)] == ["account"]
    assert inside.get("/contacts").status == 200, "who is inside goes on working"
    browser = half_signed_in(site, other.owner)
    assert guess(browser, site.code(other.owner.mobile_number)).location == "/", (
        "another account is not held up"
    )


def test_right_codes_use_up_nothing_of_what_is_shared(make_site: Make) -> None:
    site = make_site(**ROOMY, LIMIT_WRONG_CODES_ACCOUNT="2/hour", LIMIT_WRONG_CODES_ADDRESS="2/hour")
    of = estate(site, "Borealis")
    for person in (of.owner, of.user, of.exporter):
        site.signed_in(person)
    guess(half_signed_in(site, of.user))
    guess(half_signed_in(site, of.exporter))
    assert guess(half_signed_in(site, of.owner)).status == 429


@pytest.mark.threat("B1")
def test_a_network_with_many_passwords_takes_no_more_codes_to_sign_in_for_a_while(make_site: Make) -> None:
    site = make_site(**ROOMY, LIMIT_WRONG_CODES_ADDRESS="6/hour")
    of, other = estate(site, "Borealis"), estate(site, "Acme", digit=1)
    for person in (of.user, other.user):
        browser = half_signed_in(site, person)
        assert [guess(browser).status for _ in range(3)] == [422] * 3
    browser = half_signed_in(site, other.owner)
    assert guess(browser).status == 429
    code = {"code": site.code(other.owner.mobile_number)}
    answer = browser.post("/login/code", code, environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
    assert answer.location == "/"


@pytest.mark.threat("B11")
def test_a_site_under_attack_refuses_nobody_and_pauses_sooner(make_site: Make) -> None:
    site = make_site(**ROOMY, LIMIT_WRONG_CODES_SITE="5/hour")
    of, other = estate(site, "Borealis"), estate(site, "Acme", digit=1)
    browser = half_signed_in(site, of.user)
    for _ in range(5):
        guess(browser)
    site.signed_in(other.owner)
    browser = half_signed_in(site, other.user)
    assert [guess(browser).status for _ in range(5)] == [422] * 5
    assert guess(half_signed_in(site, other.user)).status == 429


def test_guesses_during_a_pause_leave_one_event_an_hour(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    failed(site, of.user, 9)
    guess(half_signed_in(site, of.user))
    browser = half_signed_in(site, of.user)
    for _ in range(4):
        assert guess(browser).status == 429
    assert len(events(site, Event.CODE_REFUSED)) == 1


def test_a_number_is_bound_once(stopped: tuple[Site, Estate]) -> None:
    site, of = stopped
    with site.context():
        from services.disabling import Operator

        user = db.session.get_one(User, of.user.id)
        number_binding.at_command_line(user, Operator.at_the_command_line("Robin"))
        with pytest.raises(number_binding.NotStopped):
            number_binding.at_command_line(user, Operator.at_the_command_line("Robin"))


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
