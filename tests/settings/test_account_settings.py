"""The tab "Account settings": who may open it, what it keeps, what it refuses."""

from typing import Any

import pytest

from tests.support.site import Site
from tests.support.statements import statements


def test_the_owner_changes_company_name_country_and_time_zone(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/account")
    answer = browser.submit(company_name="Acme GmbH", region="DE", time_zone="Europe/Berlin")
    assert (answer.status, answer.location) == (303, "/settings/account")
    page = browser.follow()
    assert "Settings saved" in page.notes
    assert (page.value("company_name"), page.value("region"), page.value("time_zone")) == (
        "Acme GmbH", "DE", "Europe/Berlin",
    )  # fmt: skip
    assert "changed the account settings" in browser.get("/settings/activity").words


def test_a_number_on_record_stays_the_same_number_when_the_country_changes(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/account")
    assert browser.submit(region="DE").location == "/settings/account"
    assert site.world.reload(owner).mobile_number == owner.mobile_number


def test_the_fields_of_the_contract_alone_are_enough(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    answer = browser.post("/settings/account", {"company_name": "New name", "region": "GB"})
    assert answer.status == 303
    changed = site.world.reload(account)
    assert (changed.name, changed.time_zone) == ("New name", "Europe/London")
    assert site.world.reload(owner).mobile_number == owner.mobile_number


def test_others_see_the_company_read_only_and_no_security_section(site: Site) -> None:
    account, owner = site.world.acme()
    browser = site.signed_in(site.world.user(account))
    page = browser.get("/settings/account")
    assert page.status == 200
    assert account.name in page.words
    assert "Account settings" in page.words
    assert "Security" not in page.words
    assert page.html.select_one('[name="two_factor_enabled"]') is None


@pytest.mark.parametrize(
    "path",
    [
        "/settings/account/mobile-numbers", "/settings/account/confirm-mobile", "/settings/users",
        "/settings/users/new", "/settings/activity", "/settings/activity.csv",
    ],
)  # fmt: skip
@pytest.mark.asvs("8.3.1")
def test_pages_of_the_owner_answer_403_to_other_users(site: Site, path: str) -> None:
    account, owner = site.world.acme()
    browser = site.signed_in(site.world.user(account))
    assert browser.get(path).status == 403
    if path not in {"/settings/users", "/settings/activity", "/settings/activity.csv"}:
        assert browser.post(path, {}).status == 403


@pytest.mark.asvs("8.3.1")
@pytest.mark.threat("F8")
def test_a_user_cannot_save_account_settings(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(site.world.user(account))
    fields = {
        "company_name": "Mine",
        "region": "GB",
        "two_factor_enabled": "y",
        "mobile_number": "07400 123499",
    }
    assert browser.post("/settings/account", fields).status == 403
    assert browser.post("/settings/account/confirm-mobile/resend", {}).status == 403
    assert browser.post("/settings/account/confirm-mobile/cancel", {}).status == 403
    after = site.world.reload(account)
    assert (after.name, after.two_factor_on) == (account.name, False)


def test_support_staff_have_no_account_page(site: Site) -> None:
    browser = site.signed_in(site.world.support())
    assert browser.get("/settings/account").status == 403


BAD = [
    ("company_name", ""),
    ("company_name", None),
    ("company_name", "x" * 101),
    ("company_name", "x" * 200_000),
    ("company_name", "nul \x00 in it"),
    ("company_name", ["one", "two"]),
    ("region", "XX"),
    ("region", None),
    ("region", ["GB", "DE"]),
    ("region", "GB\x00"),
    ("time_zone", "Mars/Olympus"),
    ("mobile_number", "12"),
    ("mobile_number", "not a number"),
    ("mobile_number", "07400 123456\x00"),
    ("mobile_number", "9" * 100_000),
    ("mobile_number", ["07400 123456", "07400 123457"]),
    ("mobile_number", "020 7946 0018"),
    ("mobile_number", "+44 909 879 0000"),
    ("mobile_number", "'; DROP TABLE users; --"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
@pytest.mark.asvs("2.2.1")
def test_bad_input_is_told_at_its_field_and_the_rest_is_kept(site: Site, field: str, value: Any) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/account")
    good = {
        "company_name": "Kept name",
        "region": "FR",
        "mobile_number": "+33 6 12 34 56 78",
        "two_factor_enabled": "y",
    }
    page = browser.submit(**{**good, field: value})
    assert page.status == 422
    assert page.error(field)
    for other in {"company_name", "region", "mobile_number"} - {field}:
        assert page.value(other) == good[other]
    assert page.html.select_one('[name="two_factor_enabled"]').has_attr("checked")
    assert site.texts() == []
    assert site.world.reload(account).name == account.name


def test_names_in_any_script_are_kept(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/account")
    name = "Łódź & Søn <b>株式会社</b> شركة 🏪"
    assert browser.submit(company_name=name).status == 303
    assert browser.follow().value("company_name") == name


def test_emptying_the_number_is_possible_while_two_factor_is_off_and_told(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/account")
    assert browser.submit(mobile_number="").status == 303
    assert site.world.reload(owner).mobile_number is None
    assert "number was changed" in site.texts(owner.mobile_number)[-1]["text"]
    assert "was removed" in site.mails(owner.email)[-1]["text"]
    assert browser.get("/settings/account").status == 200


def test_the_page_costs_few_statements_however_many_users(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    for _ in range(12):
        site.world.user(account)
    browser = site.signed_in(owner)
    browser.get("/settings/account")
    with statements(site) as run:
        browser.get("/settings/account")
    assert len(run) <= 4, run


def test_where_an_owner_lands_it_says_whether_two_factor_is_on(site: Site) -> None:
    on, off = site.world.acme(two_factor=True), site.world.acme(two_factor=False)
    assert "Two-factor authentication is on since" in site.signed_in(on[1]).get("/contacts").words
    assert "Two-factor authentication is off." in site.signed_in(off[1]).get("/contacts").words
    assert "Two-factor" not in site.signed_in(site.world.user(off[0])).get("/contacts").words
