"""Support turns two-factor authentication off: with a reason, evidence, the typed name, and a code for that account."""

from typing import Any

import pytest

from models import Account, Role, User
from services import support_requests
from tests.support.site import Site
from tests.support_console.console import (
    EVIDENCE,
    REASON,
    account_path,
    disable,
    disable_path,
    enter_code,
    events,
    fill_in,
)  # fmt: skip


@pytest.mark.threat("F9")
def test_support_turns_it_off_after_a_code_for_that_account(site: Site) -> None:
    account, _ = site.world.acme()
    support = site.world.support()
    browser = site.signed_in(support)
    answer = disable(site, browser, account, support)
    assert answer.location == account_path(account)
    assert "is off" in browser.get(answer.location).notes
    now_off = site.world.reload(account)
    assert now_off.two_factor_enabled_at is None
    assert now_off.two_factor_enabled_by is None


def test_the_text_message_names_what_the_code_is_for(site: Site) -> None:
    account, _ = site.world.acme()
    support = site.world.support()
    browser = site.signed_in(support)
    fill_in(browser, account)
    newest = site.texts(support.mobile_number)[-1]["text"]
    assert f"turn off two-factor authentication of {account.name}" in newest


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "too short"}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": "a reason with \x00 in it"}, "reason"),
        ({"reason": None}, "reason"),
        ({"evidence": ""}, "evidence"),
        ({"evidence": "because"}, "evidence"),
        ({"evidence": None}, "evidence"),
        ({"account_name": ""}, "account_name"),
        ({"account_name": "acme retail"}, "account_name"),
        ({"account_name": "Acme Retail\x00"}, "account_name"),
        ({"account_name": "x" * 100_000}, "account_name"),
        ({"request_id": "nothing of this account"}, "request_id"),
    ],
)
@pytest.mark.asvs("6.4.4")
def test_a_form_that_is_not_right_is_kept_and_costs_no_code(
    site: Site, changed: dict[str, Any], field: str
) -> None:
    account, _ = site.world.acme()
    support = site.world.support()
    browser = site.signed_in(support)
    sent = len(site.texts())
    page = fill_in(browser, account, **changed)
    assert page.status == 422
    assert page.error(field)
    assert page.errors == [page.error(field)]
    kept = {"reason": REASON, "evidence": EVIDENCE, "account_name": account.name}
    for name, value in kept.items():
        if name not in changed:
            assert page.value(name) == value
    assert len(site.texts()) == sent
    assert site.world.reload(account).two_factor_on


@pytest.mark.parametrize("reason", ["x" * 10, "y" * 1000, "Line one\r\nline two, with “quotes” and 漢字"])
def test_a_reason_of_ten_to_a_thousand_characters_is_taken(site: Site, reason: str) -> None:
    account, _ = site.world.acme()
    browser = site.signed_in(site.world.support())
    assert fill_in(browser, account, reason=reason).location.startswith("/step-up")


def test_the_name_may_have_spaces_around_it(site: Site) -> None:
    account, _ = site.world.acme()
    browser = site.signed_in(site.world.support())
    assert fill_in(browser, account, account_name="  Acme Retail \n").location.startswith("/step-up")


def test_fields_sent_twice_or_as_something_else_are_refused_quietly(site: Site) -> None:
    account, _ = site.world.acme()
    browser = site.signed_in(site.world.support())
    browser.get(account_path(account))
    fields = {
        "reason": [REASON, "Another reason, longer than ten"],
        "evidence": ["x", "y"],
        "account_name": ["a", "b"],
    }
    assert browser.post(disable_path(account), fields).status == 422
    assert site.world.reload(account).two_factor_on


@pytest.mark.asvs("6.3.7")
def test_everyone_is_told_by_mail_and_by_text(site: Site) -> None:
    account, owner = site.world.acme()
    colleague = site.world.user(account)
    numberless = site.world.user(account, mobile_number=None)
    stranger = site.world.owner(site.world.account("Borealis Travel", two_factor=True))
    support = site.world.support()
    disable(site, site.signed_in(support), account, support)
    for user in (owner, colleague, numberless):
        mail = site.mails(user.email)[-1]
        assert mail["subject"] == "Two-factor authentication was turned off"
        assert REASON in mail["text"]
        assert "/not-me/" in mail["text"]
    for user in (owner, colleague):
        assert "turned two-factor authentication off" in site.texts(user.mobile_number)[-1]["text"]
    assert site.mails(stranger.email) == []
    assert site.texts(stranger.mobile_number) == []


@pytest.mark.asvs("7.4.3")
def test_what_was_open_under_the_rule_of_codes_ends(site: Site) -> None:
    account, owner = site.world.acme()
    member = site.signed_in(owner)
    half = site.browser()
    half.get("/login")
    half.submit(email=owner.email, password=site.world.password)
    support = site.world.support()
    browser = site.signed_in(support)
    disable(site, browser, account, support)
    assert member.get("/settings/password").location.startswith("/login")
    assert half.get("/login/code").location == "/login"
    assert browser.get("/support").status == 200  # support itself goes on
    member.get("/login")
    assert member.submit(email=owner.email, password=site.world.password).location == "/"


def test_a_browser_trusted_before_is_not_trusted_when_it_is_on_again(site: Site) -> None:
    from services.clock import now
    from services.unit_of_work import write

    account, owner = site.world.acme()
    member = site.signed_in(owner)
    support = site.world.support()
    disable(site, site.signed_in(support), account, support)
    with site.context(), write() as session:
        again = session.get_one(Account, account.id)
        again.two_factor_enabled_at, again.two_factor_enabled_by = now(), "Dana"
    member.get("/login")
    assert member.submit(email=owner.email, password=site.world.password).location == "/login/code"


@pytest.mark.asvs("6.4.4")
@pytest.mark.threat("F11")
def test_it_is_recorded_with_who_why_and_on_what_evidence(site: Site) -> None:
    account, owner = site.world.acme()
    support = site.world.support()
    disable(site, site.signed_in(support, browser=site.browser(user_agent="Console/1")), account, support)
    event = events(site, account, "two_factor:off")[0]
    assert event.actor_id == support.id
    assert event.details["reason"] == REASON
    assert event.details["evidence"] == "Call back to the company's switchboard"
    assert event.address == "127.0.0.1"
    assert event.user_agent == "Console/1"
    page = site.signed_in(owner).get("/settings/activity")
    assert REASON in page.words


def test_one_code_is_good_for_one_account_only(site: Site) -> None:
    acme, _ = site.world.acme()
    borealis = site.world.account("Borealis Travel", two_factor=True)
    site.world.owner(borealis)
    support = site.world.support()
    browser = site.signed_in(support)
    answer = fill_in(browser, acme)
    browser.get(answer.location)
    browser.submit(code=site.code(support.mobile_number))  # verified for Acme, not pressed yet
    assert fill_in(browser, borealis).location.startswith("/step-up")
    assert site.world.reload(borealis).two_factor_on


@pytest.mark.threat("C6")
def test_one_code_is_good_for_one_disabling(site: Site) -> None:
    from services.clock import now
    from services.unit_of_work import write

    account, _ = site.world.acme()
    support = site.world.support()
    browser = site.signed_in(support)
    disable(site, browser, account, support)
    with site.context(), write() as session:
        again = session.get_one(Account, account.id)
        again.two_factor_enabled_at, again.two_factor_enabled_by = now(), "Dana"
    assert fill_in(browser, account).location.startswith("/step-up")
    assert site.world.reload(account).two_factor_on


def test_a_wrong_code_turns_nothing_off(site: Site) -> None:
    account, _ = site.world.acme()
    support = site.world.support()
    browser = site.signed_in(support)
    browser.get(fill_in(browser, account).location)
    right = site.code(support.mobile_number)
    assert browser.submit(code="000000" if right != "000000" else "111111").status == 422
    browser.get(account_path(account))
    assert browser.post(disable_path(account), {"reason": REASON, "evidence": EVIDENCE, "account_name": account.name}
                        ).location.startswith("/step-up")  # fmt: skip
    assert site.world.reload(account).two_factor_on


def test_coming_back_to_the_address_of_the_form_shows_the_account(site: Site) -> None:
    account, _ = site.world.acme()
    browser = site.signed_in(site.world.support())
    assert browser.get(disable_path(account)).location == account_path(account)


def test_off_already_is_said_and_asks_for_no_code(site: Site) -> None:
    account, _ = site.world.acme(two_factor=False)
    browser = site.signed_in(site.world.support())
    page = browser.get(account_path(account))
    assert page.html.select(f'form[action="{disable_path(account)}"]') == []
    answer = browser.post(
        disable_path(account), {"reason": REASON, "evidence": EVIDENCE, "account_name": account.name}
    )
    assert answer.location == account_path(account)
    assert "off already" in browser.get(answer.location).notes


def test_a_request_that_is_named_is_closed_with_it(site: Site) -> None:
    account, owner = site.world.acme()
    with site.context():
        asked = support_requests.file(email=owner.email, subject="Lost phone", message="Please help", me=None)
        other = support_requests.file(
            email=owner.email, subject="Other matter", message="Please help", me=None
        )
    support = site.world.support()
    disable(site, site.signed_in(support), account, support, request_id=asked.public_id)
    assert site.world.reload(asked).state == "closed"
    assert site.world.reload(other).state == "open"


def test_another_accounts_request_cannot_be_named(site: Site) -> None:
    account, _ = site.world.acme()
    _, foreign_owner = (borealis := site.world.account("Borealis Travel")), site.world.owner(borealis)
    with site.context():
        asked = support_requests.file(email=foreign_owner.email, subject="Foreign", message="Please", me=None)
    browser = site.signed_in(site.world.support())
    assert fill_in(browser, account, request_id=asked.public_id).status == 422


def test_someone_whose_role_was_taken_away_meanwhile_cannot_go_on(site: Site) -> None:
    from services.unit_of_work import write

    account, _ = site.world.acme()
    support = site.world.support()
    browser = site.signed_in(support)
    answer = fill_in(browser, account)
    browser.get(answer.location)
    resume = browser.submit(code=site.code(support.mobile_number))
    browser.get(resume.location)
    with site.context(), write() as session:
        person = session.get_one(User, support.id)
        person.role, person.account_id = Role.USER, account.id
    assert browser.submit(form="two-factor/disable").status in {303, 403}
    assert site.world.reload(account).two_factor_on


def test_the_whole_way_takes_one_text_message(site: Site) -> None:
    account, _ = site.world.acme()
    support = site.world.support()
    browser = site.signed_in(support)
    before = len(site.texts(support.mobile_number))
    enter_code(site, browser, fill_in(browser, account), support)
    assert len(site.texts(support.mobile_number)) == before + 1
