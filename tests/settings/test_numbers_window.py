"""The window with everybody's number: row by row, all or none."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from models import Account, User
from tests.support.browser import Browser, Page
from tests.support.site import Site

PATH = "/settings/account/mobile-numbers"
JSON = {"Accept": "application/json"}
Acme = tuple[Account, User, User, User]


@pytest.fixture
def acme(site: Site) -> Acme:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account, name="Ana")
    ben = site.world.user(
        account, name="Ben", mobile_number=None, mobile_number_typed=None, mobile_confirmed_at=None
    )
    return account, owner, ana, ben


def name(user: User) -> str:
    return f"mobile_number-{user.public_id}"


def post(browser: Browser, fields: Mapping[Any, Any], **options: Any) -> Page:
    return browser.post(PATH, {name(user): value for user, value in fields.items()}, **options)


def test_it_shows_everyone_with_their_state_and_the_owner_read_only(site: Site, acme: Acme) -> None:
    account, owner, ana, ben = acme
    page = site.signed_in(owner).get(PATH)
    assert page.value(name(ana)) == ana.mobile_number_typed
    assert page.value(name(ben)) == ""
    assert page.html.select_one(f'[name="{name(owner)}"]') is None
    assert str(owner.mobile_number_typed) in page.words
    assert "Confirmed" in page.words
    assert "No number" in page.words


def test_all_rows_are_kept_together(site: Site, acme: Acme) -> None:
    account, owner, ana, ben = acme
    browser = site.signed_in(owner)
    assert (
        post(browser, {ana: ana.mobile_number_typed, ben: "(07400) 222-333"}).location == "/settings/account"
    )
    after = site.world.reload(ben)
    assert (after.mobile_number, after.mobile_number_typed) == ("+447400222333", "(07400) 222-333")
    assert after.mobile_confirmed_at is None
    assert site.world.reload(ana).mobile_confirmed_at == ana.mobile_confirmed_at
    assert site.texts() == [], "nobody is texted because somebody typed their number"
    assert "to none" not in browser.get("/settings/activity?kind=Mobile+numbers").words
    assert browser.page.words.count("set the mobile number") == 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "wrong", ["", "12", "07700 900123", "020 7946 0018", "\x00", "x" * 5000, ["07400 222333", "07400 222334"]]
)
@pytest.mark.asvs("2.2.1", "2.2.2")
def test_one_wrong_row_keeps_none_and_shows_what_was_typed(site: Site, acme: Acme, wrong: object) -> None:
    account, owner, ana, ben = acme
    browser = site.signed_in(owner)
    page = post(browser, {ana: "07400 333444", ben: wrong})
    assert page.status == 422
    assert page.error(name(ben))
    assert not page.error(name(ana))
    assert page.value(name(ana)) == "07400 333444"
    assert site.world.reload(ana).mobile_number == ana.mobile_number
    assert site.world.reload(ben).mobile_number is None


@pytest.mark.asvs("2.2.3", "15.3.3")
def test_unknown_names_are_not_looked_at(site: Site, acme: Acme) -> None:
    account, owner, ana, ben = acme
    stranger = site.world.owner(site.world.account("Other"))
    browser = site.signed_in(owner)
    fields = {
        ana: ana.mobile_number_typed,
        ben: "07400 222333",
        stranger: "07400 999888",
        owner: "07400 999777",
    }
    assert post(browser, fields).status == 303
    assert site.world.reload(stranger).mobile_number == stranger.mobile_number
    assert site.world.reload(owner).mobile_number == owner.mobile_number


def test_a_script_gets_errors_by_field_or_a_message(site: Site, acme: Acme) -> None:
    account, owner, ana, ben = acme
    browser = site.signed_in(owner)
    answer = post(browser, {ana: ana.mobile_number_typed, ben: "12"}, headers=JSON)
    assert answer.status == 422
    assert answer.response.json == {"errors": {name(ben): "Mobile number is too short"}}
    answer = post(browser, {ana: ana.mobile_number_typed, ben: "07400 222333"}, headers=JSON)
    assert (answer.status, answer.response.json) == (
        200,
        {"message": "Mobile numbers saved.", "badge": ""},
    )


@pytest.mark.threat("G4")
def test_a_number_that_replaces_another_is_told_on_the_old_one_and_by_mail(site: Site, acme: Acme) -> None:
    account, owner, ana, ben = acme
    hers = site.signed_in(ana)
    browser = site.signed_in(owner)
    assert post(browser, {ana: "07400 333444", ben: "07400 222333"}).status == 303
    assert "number was changed" in site.texts(ana.mobile_number)[-1]["text"]
    assert site.texts("+447400333444") == []
    assert "the account owner, changed it" in site.mails(ana.email)[-1]["text"]
    assert hers.get("/contacts").location.startswith("/login")
    assert site.world.reload(ana).mobile_confirmed_at is None


def test_with_two_factor_on_a_change_needs_the_owners_code_first(site: Site) -> None:
    account, owner = site.world.acme()
    ana = site.world.user(account)
    browser = site.signed_in(owner)
    browser.get(PATH)
    answer = browser.submit(**{name(ana): "07400 333444"})
    assert answer.location.startswith("/step-up")
    assert site.world.reload(ana).mobile_number == ana.mobile_number
    browser.get(answer.location)
    browser.get(browser.submit(code=site.code(owner.mobile_number)).location)
    assert browser.submit().location == "/settings/account"
    assert site.world.reload(ana).mobile_number == "+447400333444"


def test_with_two_factor_on_saving_unchanged_rows_needs_nothing(site: Site) -> None:
    account, owner = site.world.acme()
    site.world.user(account)
    browser = site.signed_in(owner)
    browser.get(PATH)
    assert browser.submit(having="csrf_token", form="mobile-numbers").location == "/settings/account"


@pytest.mark.asvs("2.3.2")
def test_changes_of_numbers_are_limited(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_NUMBER_CHANGES_ACCOUNT="2/hour")
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    browser = site.signed_in(owner)
    answers = [post(browser, {ana: f"07400 33344{digit}"}) for digit in range(3)]
    assert [answer.status for answer in answers] == [303, 303, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert answers[2].value(name(ana)) == "07400 333442"
    assert site.world.reload(ana).mobile_number == "+447400333441"


def test_a_user_added_meanwhile_is_asked_for_too(site: Site, acme: Acme) -> None:
    account, owner, ana, ben = acme
    browser = site.signed_in(owner)
    browser.get(PATH)
    new = site.world.user(account, mobile_number=None, mobile_number_typed=None)
    page = browser.submit(**{name(ben): "07400 222333"})
    assert page.status == 422
    assert page.error(name(new)) == "Enter a mobile number"
    assert site.world.reload(ben).mobile_number is None


def test_a_row_that_was_not_sent_keeps_its_number(site: Site, acme: Acme) -> None:
    account, owner, ana, ben = acme
    browser = site.signed_in(owner)
    assert post(browser, {ben: "07400 222333"}).status == 303
    assert site.world.reload(ana).mobile_number == ana.mobile_number


def test_a_wrong_number_in_the_window_keeps_what_was_typed_behind_it(site: Site, acme: Acme) -> None:
    _, owner, ana, ben = acme
    browser = site.signed_in(owner)
    browser.get("/settings/account")
    page = browser.submit(having="company_name", company_name="Acme Renamed", two_factor_enabled="y")
    assert page.status == 422
    window = {name(ana): ana.mobile_number_typed, name(ben): "12"}
    page = browser.submit(form="/mobile-numbers", **window)
    assert (page.status, page.error(name(ben))) == (422, "Mobile number is too short")
    page = browser.submit(form="/mobile-numbers", **{**window, name(ben): "07400 222333"})
    assert page.value("company_name") == "Acme Renamed"
    assert page.html.select_one("input[name=two_factor_enabled][checked]") is not None
