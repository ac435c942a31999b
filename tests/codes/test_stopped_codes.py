"""A hundred wrong codes in a row stop all codes to a number, until it is bound again."""

from datetime import timedelta

import pytest
import time_machine

from extensions import db
from models import User
from services import number_binding
from services.audit import Event
from services.clock import now
from services.disabling import Operator
from tests.codes.guessing import ROOMY, Make, failed, guess, subjects
from tests.support.browser import Browser, Page
from tests.support.estate import Estate, estate
from tests.support.rows import events
from tests.support.site import Site


def with_code(site: Site, browser: Browser, path: str, number: str | None) -> Page:
    """Post to ``path``, enter the code that it asks for, and press the button that goes on."""
    browser.get(browser.post(path).location)
    browser.submit(code=site.code(number))
    browser.follow()
    browser.submit()
    return browser.follow()


@pytest.fixture
def stopped(make_site: Make) -> tuple[Site, Estate]:
    """A user whose codes were stopped a moment ago: the hundredth wrong one in a row."""
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    failed(site, of.user, 99)
    guess(site.half_signed_in(of.user))
    return site, of


def test_ninety_nine_wrong_codes_stop_nothing(make_site: Make) -> None:
    site = make_site(**ROOMY)
    of = estate(site, "Borealis")
    failed(site, of.user, 98)
    guess(site.half_signed_in(of.user))
    assert site.world.reload(of.user).codes_stopped_at is None
    assert events(site, Event.CODES_STOPPED) == []


@pytest.mark.asvs("6.6.3", "6.3.1")
def test_after_a_hundred_wrong_codes_none_is_judged_or_sent(stopped: tuple[Site, Estate]) -> None:
    site, of = stopped
    with time_machine.travel(now() + timedelta(days=2), tick=False):
        texts = len(site.texts(of.user.mobile_number))
        browser = site.half_signed_in(of.user)
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
    browser, other = site.half_signed_in(of.user), site.half_signed_in(of.user)
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
    browser = site.half_signed_in(of.user)
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
    browser = site.half_signed_in(of.user)
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
    guess(site.half_signed_in(of.owner))
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
    guess(site.half_signed_in(support))
    run = site.app.test_cli_runner().invoke
    wanted = ["bind-number", "--email", support.email, "--operator", "Robin"]
    assert run(args=wanted).exit_code == 0
    assert site.world.reload(support).codes_stopped_at is None
    assert run(args=wanted).exit_code == 1


def test_a_number_is_bound_once(stopped: tuple[Site, Estate]) -> None:
    site, of = stopped
    with site.context():
        user = db.session.get_one(User, of.user.id)
        number_binding.at_command_line(user, Operator.at_the_command_line("Robin"))
        with pytest.raises(number_binding.NotStopped):
            number_binding.at_command_line(user, Operator.at_the_command_line("Robin"))
