"""Somebody is locked out, writes to support, and support turns two-factor authentication off."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import fresh_number
from tests.browser.person import Person

pytestmark = pytest.mark.browser

People = Callable[..., Person]
Companies = Callable[..., SimpleNamespace]


def test_support_turns_it_off_and_everyone_is_told(person: People, company: Companies) -> None:
    people = company(two_factor=True)
    dana = person(people.owner)
    dana.open("/login").press("Contact support", within="footer").heading("Contact support")
    dana.press("Send to support")
    assert dana.error("email")
    dana.fill(
        email=people.owner.email,
        subject="Phone stolen",
        message="My phone was stolen, and nobody can help me.",
    )
    dana.press("Send to support").heading("Your request is with our support")

    number = fresh_number()
    sam = person(dana.site.world.support(name="Sam Okafor", mobile_number=number, mobile_number_typed=number))
    sam.sign_in_with_code().heading("Accounts")
    assert sam.page.get_by_role("link", name="Contacts").count() == 0
    sam.press("Requests", within="header").press("Phone stolen").heading("Phone stolen")
    sam.sees("Written by someone who was not signed in").press("Look at the account").heading(
        people.account.name
    )
    assert people.owner.mobile_number not in sam.page.content()
    sam.fill(reason="The owner lost the phone; called back at the office.", account_name="Acme")
    sam.page.locator("[name=evidence]").select_option(index=1)
    sam.press("Turn off two-factor authentication").heading(people.account.name)
    assert "Type the name exactly" in sam.error("account_name")
    sam.fill(account_name=people.account.name)
    sam.press("Turn off two-factor authentication").heading("Check your phone")
    sam.enter_code(sam.next_code()).heading("Your code was right")
    sam.press("Continue").heading(people.account.name).sees("Two-factor authentication is off.")
    expect(sam.page.get_by_role("button", name="Turn off two-factor authentication")).to_have_count(0)

    for user in (people.owner, people.ana, people.ben):
        sam.site.wait_for_mail(user.email, "called back at the office")
        sam.site.wait_for_text(user.mobile_number, "Support turned two-factor authentication off")
    dana.sign_in().heading("Contacts").open_settings("Activity")
    dana.sees("Support turned two-factor authentication off: The owner lost the phone")


def test_support_is_never_remembered_and_stays_out_of_accounts(person: People, company: Companies) -> None:
    people = company(two_factor=True)
    number = fresh_number()
    sam = person()
    sam.user = sam.site.world.support(mobile_number=number, mobile_number_typed=number)
    sam.sign_in_with_code().heading("Accounts").sign_out().sign_in().heading("Check your phone")
    sam.enter_code(sam.next_code(), "Sign in").heading("Accounts")
    for path in ("/contacts", "/contacts/exports", "/settings/users"):
        sam.open(path, status=403)
    ana = person(people.ana)
    ana.sign_in_with_code()
    for path in ("/support", "/support/requests", f"/support/accounts/{people.account.public_id}"):
        ana.open(path, status=403)
