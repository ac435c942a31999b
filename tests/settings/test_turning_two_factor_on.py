"""Off to on: the tick, the numbers, the code, the one transaction."""

from collections.abc import Callable

import pytest

from models import Account, User
from services import notices
from services.audit import verify
from services.clock import now
from tests.support.browser import Browser, Page
from tests.support.site import Site

Clock = Callable[..., None]


@pytest.fixture
def acme(site: Site) -> tuple[Account, User, User]:
    """Account, owner, and a user with a number nobody confirmed."""
    account, owner = site.world.acme(two_factor=False)
    return account, owner, site.world.user(account, mobile_confirmed_at=None)


def tick(browser: Browser, **fields: str) -> Page:
    browser.get("/settings/account")
    return browser.submit(two_factor_enabled="y", **fields)


def is_on(site: Site, account: Account) -> bool:
    found: Account = site.world.reload(account)
    return found.two_factor_on


@pytest.mark.asvs("7.4.3", "6.3.7")
def test_the_owner_turns_it_on_with_a_code_to_the_number_on_record(
    site: Site, acme: tuple[Account, User, User]
) -> None:
    account, owner, user = acme
    browser, elsewhere, users = site.signed_in(owner), site.signed_in(owner), site.signed_in(user)
    answer = tick(browser)
    assert answer.location.startswith("/settings/account/confirm-mobile")
    assert not is_on(site, account)
    browser.get(answer.location)
    assert browser.submit(code=site.code(owner.mobile_number)).location == "/settings/account"
    page = browser.follow()
    assert "Two-factor authentication is on for Acme Retail" in page.notes
    assert f", set up by {owner.name}." in page.words
    since = page.html.select_one("#security time").get_text()
    assert since == f"{now().day} {now():%B}"
    box = page.html.select_one('[name="two_factor_enabled"]')
    assert box.has_attr("checked")
    assert box.has_attr("disabled")
    assert elsewhere.get("/settings/account").location.startswith("/login")
    assert users.get("/contacts").location.startswith("/login")
    for person in (owner, user):
        assert "Two-factor authentication is on" in site.texts(person.mobile_number)[-1]["text"]
        assert site.mails(person.email)[-1]["subject"] == "Two-factor authentication is on"
    assert "turned two-factor authentication on" in browser.get("/settings/activity").words
    with site.context():
        assert verify() == []
    assert browser.get("/settings/account").status == 200, "this session has proved the phone and stays"


@pytest.mark.asvs("2.2.3")
def test_a_user_without_a_number_stops_it_and_everything_typed_stays(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ben = site.world.user(account, name="Ben", mobile_number=None, mobile_number_typed=None)
    browser = site.signed_in(owner)
    page = tick(browser, company_name="Typed", region="FR", mobile_number="+33 6 12 34 56 78")
    assert page.status == 422
    assert page.errors[0] == "Enter mobile numbers for all users"
    assert page.error(f"mobile_number-{ben.public_id}") == "Enter a mobile number for Ben"
    assert (page.value("company_name"), page.value("region")) == ("Typed", "FR")
    assert page.value("mobile_number") == "+33 6 12 34 56 78"
    assert page.html.select_one('[name="two_factor_enabled"]').has_attr("checked")
    window = page.html.select_one("dialog#numbers-window")
    assert window.has_attr("open"), "without scripts the window is open, too"
    assert site.texts() == [], "no code before the rest is whole"
    assert site.world.reload(account).name == account.name

    page = browser.submit(
        **{f"mobile_number-{ben.public_id}": "07400 222333"}, having=f"mobile_number-{ben.public_id}"
    )
    assert "Mobile numbers saved" in page.notes
    assert (page.value("company_name"), page.value("mobile_number")) == ("Typed", "+33 6 12 34 56 78")
    answer = browser.submit(having="company_name")
    browser.get(answer.location)
    browser.submit(code=site.code("+33612345678"))
    assert is_on(site, account)
    assert site.world.reload(owner).mobile_number == "+33612345678"
    assert site.world.reload(account).name == "Typed"


def test_a_wrong_code_saves_nothing_and_the_right_one_still_does(
    site: Site, acme: tuple[Account, User, User]
) -> None:
    account, owner, _ = acme
    browser = site.signed_in(owner)
    answer = tick(browser, mobile_number="07400 555666", company_name="After")
    browser.get(answer.location)
    code = site.code("+447400555666")
    page = browser.submit(code=f"{(int(code) + 1) % 1_000_000:06d}")
    assert page.status == 422
    assert page.error("code").startswith("This is not the right code")
    assert page.value("code") == ""
    assert site.world.reload(owner).mobile_number == owner.mobile_number
    assert site.world.reload(account).name == account.name
    assert browser.submit(code=f"{code[:3]} {code[3:]}").status == 303
    assert is_on(site, account)
    assert site.world.reload(owner).mobile_number == "+447400555666"


def test_five_wrong_codes_use_the_code_up(site: Site, acme: tuple[Account, User, User]) -> None:
    account, owner, _ = acme
    browser = site.signed_in(owner)
    browser.get(tick(browser).location)
    code = site.code(owner.mobile_number)
    statuses = [browser.submit(code="000000" if code != "000000" else "000001").status for _ in range(6)]
    assert statuses == [422, 422, 422, 422, 422, 429]
    assert browser.submit(code=code).status == 429
    assert not is_on(site, account)


def test_a_new_number_without_the_tick_is_confirmed_and_turns_nothing_on(
    site: Site, acme: tuple[Account, User, User]
) -> None:
    account, owner, _ = acme
    browser = site.signed_in(owner)
    browser.get("/settings/account")
    browser.get(browser.submit(mobile_number="07400 555666").location)
    assert browser.submit(code=site.code("+447400555666")).location == "/settings/account"
    changed = site.world.reload(owner)
    assert (changed.mobile_number, changed.mobile_number_typed) == ("+447400555666", "07400 555666")
    assert changed.mobile_confirmed_at is not None
    assert not is_on(site, account)
    assert "number was changed" in site.texts(owner.mobile_number)[-1]["text"]
    assert "••66" in site.mails(owner.email)[-1]["text"]


def test_saving_again_with_the_same_number_sends_no_second_text(
    site: Site, acme: tuple[Account, User, User]
) -> None:
    _, owner, _ = acme
    browser = site.signed_in(owner)
    for _ in range(3):
        assert tick(browser).status == 303
    assert len(site.texts(owner.mobile_number)) == 1


def test_saving_again_once_it_is_on_changes_nothing(site: Site, acme: tuple[Account, User, User]) -> None:
    account, owner, _ = acme
    browser = site.signed_in(owner)
    browser.get(tick(browser).location)
    browser.submit(code=site.code(owner.mobile_number))
    since = site.world.reload(account).two_factor_enabled_at
    for fields in ({"two_factor_enabled": "y"}, {}):
        browser.get("/settings/account")
        assert browser.submit(having="company_name", **fields).location == "/settings/account"
    assert site.world.reload(account).two_factor_enabled_at == since


@pytest.mark.threat("A7")
def test_a_number_confirmed_in_another_session_is_asked_for_again(
    site: Site, acme: tuple[Account, User, User]
) -> None:
    account, owner, _ = acme
    first, second = site.signed_in(owner), site.signed_in(owner)
    answer = tick(first)
    assert tick(second).location.startswith("/settings/account/confirm-mobile")
    second.get("/settings/account/confirm-mobile")
    code = site.code(owner.mobile_number)
    first.get(answer.location)
    assert first.submit(code=code).status == 422, "the newest code belongs to the other session"
    assert not is_on(site, account)


def test_a_code_to_one_number_confirms_no_other(site: Site, acme: tuple[Account, User, User]) -> None:
    account, owner, _ = acme
    browser = site.signed_in(owner)
    first = tick(browser, mobile_number="07400 555666").location
    code = site.code("+447400555666")
    second = tick(browser, mobile_number="07400 777888").location
    browser.get(second)
    assert browser.submit(code=code).status == 422
    assert browser.get(first).status == 303, "the save before it was given up"
    assert not is_on(site, account)


def test_a_user_who_lost_their_number_meanwhile_stops_it_but_the_proved_number_is_kept(
    site: Site, acme: tuple[Account, User, User]
) -> None:
    account, owner, user = acme
    browser, other = site.signed_in(owner), site.signed_in(user)
    browser.get(tick(browser, mobile_number="07400 555666", company_name="Typed").location)
    other.get("/settings/profile")
    assert other.submit(mobile_number="").status == 303
    page = browser.submit(code=site.code("+447400555666"))
    assert page.status == 422
    assert page.errors[0] == "Enter mobile numbers for all users"
    assert page.value("company_name") == "Typed"
    after = site.world.reload(account)
    assert (after.two_factor_on, after.name) == (False, account.name)
    assert site.world.reload(owner).mobile_number == "+447400555666"
    name = f"mobile_number-{user.public_id}"
    browser.submit(**{name: "07400 222333"}, having=name)
    assert browser.submit(having="company_name").location == "/settings/account", "no second code is needed"
    assert is_on(site, account)


@pytest.mark.asvs("2.3.3")
def test_a_crash_between_any_two_steps_leaves_everything_as_it_was(
    site: Site, acme: tuple[Account, User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    account, owner, user = acme
    browser, other = site.signed_in(owner), site.signed_in(user)
    browser.get(tick(browser, mobile_number="07400 555666").location)
    code = site.code("+447400555666")

    def crash(*_: object) -> None:
        raise OSError("the plug was pulled")

    with monkeypatch.context() as patch:
        patch.setattr(notices, "two_factor_on", crash)
        assert browser.submit(code=code).status == 500
    assert not is_on(site, account)
    assert site.world.reload(owner).mobile_number == owner.mobile_number
    assert other.get("/settings/profile").status == 200
    browser.get("/settings/account/confirm-mobile")
    assert browser.submit(code=code).status == 303, "the code was not spent"
    assert is_on(site, account)


def test_cancelling_saves_nothing_and_shows_what_was_typed(
    site: Site, acme: tuple[Account, User, User]
) -> None:
    account, owner, _ = acme
    browser = site.signed_in(owner)
    browser.get(tick(browser, mobile_number="07400 555666", company_name="Typed").location)
    code = site.code("+447400555666")
    where = browser.page.html.select_one('form[action*="/cancel"]')["action"]
    page = browser.get(browser.post(str(where)).location)
    assert (page.value("company_name"), page.value("mobile_number")) == ("Typed", "07400 555666")
    assert browser.post("/settings/account/confirm-mobile", {"code": code}).status == 303
    assert not is_on(site, account)
    assert site.world.reload(owner).mobile_number == owner.mobile_number


def test_the_text_can_be_sent_again_after_a_while_and_carries_the_same_code(
    site: Site, acme: tuple[Account, User, User], time_machine_at: Clock
) -> None:
    _, owner, _ = acme
    browser = site.signed_in(owner)
    browser.get(tick(browser).location)
    code = site.code(owner.mobile_number)
    assert browser.submit(form="/resend").status == 429
    time_machine_at(minutes=2)
    browser.get("/settings/account/confirm-mobile")
    assert browser.submit(form="/resend").status == 303
    assert len(site.texts(owner.mobile_number)) == 2
    assert site.code(owner.mobile_number) == code


def test_the_code_page_has_nothing_to_ask_without_a_save(
    site: Site, acme: tuple[Account, User, User]
) -> None:
    browser = site.signed_in(acme[1])
    assert browser.get("/settings/account/confirm-mobile").location == "/settings/account"
    assert (
        browser.post("/settings/account/confirm-mobile", {"code": "123456"}).location == "/settings/account"
    )
    assert browser.post("/settings/account/confirm-mobile/resend").location == "/settings/account"


def test_a_number_whose_country_may_not_be_texted_any_more_stops_it(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(ALLOWED_REGIONS="GB")
    account, owner = site.world.acme(two_factor=False)
    site.world.user(account, mobile_number="+33612345678", mobile_number_typed="+33612345678")
    page = tick(site.signed_in(owner))
    assert page.status == 422
    assert "Enter another mobile number" in page.errors[1]


# --- once it is on


def test_no_post_of_the_form_turns_it_off(site: Site) -> None:
    account, owner = site.world.acme()
    browser = site.signed_in(owner)
    number = owner.mobile_number_typed
    base = {"company_name": "Acme", "region": "GB", "mobile_number": number}
    for tick_value in (None, "", "n", "false", "0", "off", ["", "n"]):
        fields = dict(base) if tick_value is None else {**base, "two_factor_enabled": tick_value}
        browser.post("/settings/account", fields)
        assert is_on(site, account)
    assert browser.post("/settings/account", {**base, "mobile_number": ""}).status == 422
    assert site.world.reload(owner).mobile_number == owner.mobile_number


def test_a_new_number_needs_the_old_phone_first_and_then_the_new_one(site: Site) -> None:
    account, owner = site.world.acme()
    browser, trusted = site.signed_in(owner), site.signed_in(owner)
    sent = len(site.texts("+447400555666"))
    browser.get("/settings/account")
    answer = browser.submit(mobile_number="07400 555666", having="company_name")
    assert answer.location.startswith("/step-up")
    assert len(site.texts("+447400555666")) == sent, "nothing to the new number before the old one is proved"
    browser.get(answer.location)
    browser.get(browser.submit(code=site.code(owner.mobile_number)).location)
    answer = browser.submit()
    assert answer.location.startswith("/settings/account/confirm-mobile")
    browser.get(answer.location)
    assert browser.submit(code=site.code("+447400555666")).location == "/settings/account"
    assert site.world.reload(owner).mobile_number == "+447400555666"
    assert "number was changed" in site.texts(owner.mobile_number)[-1]["text"]
    assert browser.get("/settings/account").status == 200
    assert trusted.get("/settings/account").location.startswith("/login")


def test_a_save_that_began_while_it_was_off_cannot_change_the_number_once_it_is_on(
    site: Site, acme: tuple[Account, User, User]
) -> None:
    account, owner, _ = acme
    browser = site.signed_in(owner)
    browser.get("/settings/profile")
    waiting = browser.submit(mobile_number="07400 555666").location
    late = site.code("+447400555666")
    browser.get(tick(browser).location)
    browser.submit(code=site.code(owner.mobile_number))
    assert is_on(site, account)
    browser.get(waiting)
    assert browser.post(waiting, {"code": late}).status != 303
    assert site.world.reload(owner).mobile_number == owner.mobile_number
