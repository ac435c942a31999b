"""The owner turns two-factor authentication on, as the help article tells it."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import fresh_number
from tests.browser.person import Person

pytestmark = pytest.mark.browser

People = Callable[..., Person]
Companies = Callable[..., SimpleNamespace]


def enter_numbers_in_the_window(dana: Person, people: SimpleNamespace) -> None:
    ana, ben = (f"mobile_number-{user.public_id}" for user in (people.ana, people.ben))
    badge = dana.page.locator("[data-dialog-badge]")
    expect(badge).to_have_text("1 number missing")
    dana.page.get_by_label("Two-factor authentication").check()
    window = dana.page.get_by_role("dialog", name="Mobile numbers")
    expect(window).to_be_visible()
    assert dana.focused() == ben  # the first empty row
    dana.look()
    dana.fill(**{ana: "07400 299 998", ben: "12"})
    window.get_by_role("button", name="Save numbers").click()
    expect(window.locator(".field-error")).to_have_count(1)
    dana.look()
    assert "too short" in dana.error(ben)
    assert dana.focused() == ben
    assert window.locator(f'[name="{ana}"]').input_value() == "07400 299 998"
    dana.fill(**{ben: "(07400) 299-999"})
    window.get_by_role("button", name="Save numbers").click()
    expect(window).to_be_hidden()
    expect(dana.page.locator("[data-dialog-status]")).to_have_text("Mobile numbers saved.")
    expect(badge).to_be_hidden()
    expect(dana.page.get_by_label("Two-factor authentication")).to_be_checked()


def enter_numbers_on_the_page(dana: Person, people: SimpleNamespace) -> None:
    ana, ben = (f"mobile_number-{user.public_id}" for user in (people.ana, people.ben))
    dana.page.get_by_label("Two-factor authentication").check()
    dana.press("Save settings").sees("Enter mobile numbers for all users")
    dana.press("Mobile numbers of all users").heading("Mobile numbers")
    dana.fill(**{ana: "07400 299 998", ben: "12"}).press("Save numbers").heading("Mobile numbers")
    assert "too short" in dana.error(ben)
    assert dana.page.locator(f'[name="{ana}"]').input_value() == "07400 299 998"
    dana.fill(**{ben: "(07400) 299-999"}).press("Save numbers").heading("Account").sees(
        "Mobile numbers saved."
    )
    dana.page.get_by_label("Two-factor authentication").check()


def test_the_owner_turns_it_on_for_everyone(person: People, company: Companies, scripts: bool) -> None:
    people = company(two_factor=False, confirmed=False)
    ana = person(people.ana)
    ana.sign_in().heading("Contacts")  # with the password alone, so far
    dana = person(people.owner)
    dana.sign_in().heading("Contacts").open_settings("Account").heading("Account")
    dana.sees("Two-factor authentication is off.")

    (enter_numbers_in_the_window if scripts else enter_numbers_on_the_page)(dana, people)
    dana.press("Save settings").heading("Check your phone")
    dana.sees("turn two-factor authentication on")
    dana.enter_code(dana.next_code(), "Confirm").heading("Account")
    dana.sees(re.compile("Two-factor authentication is on for")).sees(re.compile("set up by Dana Whitfield"))
    expect(dana.page.get_by_label("Two-factor authentication")).to_be_disabled()

    ana.open("/contacts").heading("Sign in")
    for number in ("+447400299998", "+447400299999"):
        dana.site.wait_for_text(number, "Two-factor authentication is on")
    for user in (people.ana, people.ben, people.owner):
        dana.site.wait_for_mail(user.email, "Two-factor authentication is on")


def test_a_number_of_ones_own_is_not_saved_before_its_code(person: People, company: Companies) -> None:
    people = company(two_factor=False)
    dana = person(people.owner)
    new = fresh_number()
    dana.sign_in().open_settings("Account")
    dana.fill(company_name="Acme & Töchter", mobile_number=f"0{new[3:]}").press("Save settings")
    dana.heading("Check your phone").next_code(new)
    dana.press("Cancel").heading("Account")
    dana.sees("Nothing was saved. What you typed is still in the form.")
    assert dana.page.locator("[name=company_name]").input_value() == "Acme & Töchter"
    dana.press("Save settings").heading("Check your phone")
    dana.enter_code(dana.next_code(new), "Confirm").heading("Account").sees("Settings saved.")
    dana.site.wait_for_text(people.owner.mobile_number, "Your mobile number was changed")
    dana.site.wait_for_mail(people.owner.email, "mobile number")


def test_others_do_not_see_the_section(person: People, company: Companies) -> None:
    ana = person(company(two_factor=False).ana)
    ana.sign_in().open_settings("Account").heading("Account")
    expect(ana.page.get_by_text("Security")).to_have_count(0)
    ana.open("/settings/account/mobile-numbers", status=403)
    ana.open("/settings/users", status=403)
