"""Signing in: with a code in a new browser, without one in the same browser later."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser

People = Callable[..., Person]
Companies = Callable[..., SimpleNamespace]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_new_browser_is_asked_for_a_code_and_the_same_one_later_is_not(
    person: People, company: Companies
) -> None:
    ana = person(company(two_factor=True).ana)
    ana.sign_in().heading("Check your phone")
    code = ana.next_code()
    ana.enter_code(wrong(code), "Sign in").heading("Check your phone")
    assert ana.error("code") == "This is not the right code. Check the newest text message or call"
    assert ana.page.locator("[name=code]").input_value() == ""
    ana.press("Send it again").sees("You can ask for another text message in")
    ana.enter_code(f"{code[:3]} {code[3:]}", "Sign in").heading("Contacts")
    ana.sign_out().heading("Sign in")
    ana.sign_in().heading("Contacts")


def test_a_shared_computer_is_not_remembered(person: People, company: Companies) -> None:
    ana = person(company(two_factor=True).ana)
    ana.sign_in()
    ana.page.get_by_label("This is a shared computer").check()
    ana.enter_code(ana.next_code(), "Sign in").heading("Contacts")
    ana.sign_out()
    ana.sign_in().heading("Check your phone")


def test_until_the_code_is_right_no_other_page_opens(person: People, company: Companies) -> None:
    ana = person(company(two_factor=True).ana)
    ana.sign_in()
    for path in ("/contacts", "/settings/profile", "/help/contact-support", "/login"):
        ana.open(path).heading("Check your phone")
    ana.press("Cancel sign-in").heading("Sign in")
    ana.open("/contacts").heading("Sign in")


def test_back_after_signing_in_leads_to_no_dead_end(person: People, company: Companies) -> None:
    ana = person(company(two_factor=True).ana)
    ana.sign_in_with_code().heading("Contacts")
    ana.go_back()  # to the code page, which is over
    ana.heading("Contacts")


def test_two_tabs_of_one_browser_share_the_sign_in(person: People, company: Companies) -> None:
    ana = person(company(two_factor=True).ana)
    first = ana.page
    ana.sign_in()
    second = ana.new_tab()
    ana.open("/login/code").heading("Check your phone")
    code = ana.next_code()
    ana.enter_code(code, "Sign in").heading("Contacts")
    ana.page = first
    if not ana.scripts:  # else this tab goes on by itself
        ana.enter_code(code, "Sign in").sees("you have signed in meanwhile, in another tab")
        ana.press("go on to the start page")
    ana.heading("Contacts")
    ana.page = second
    ana.open("/contacts").heading("Contacts")


def test_a_wrong_password_does_not_say_which_of_the_two_was_wrong(person: People, company: Companies) -> None:
    ana = person(company(two_factor=True).ana)
    ana.sign_in(password="not the password at all")
    ana.sees("The email address or the password is wrong")
    assert ana.page.title().startswith("Error: ")
    assert ana.page.locator("[name=email]").input_value() == ana.user.email
    assert ana.page.locator("[name=password]").input_value() == ""
    assert ana.site.texts(ana.user.mobile_number) == []


def test_the_text_says_what_it_is_for_and_ends_with_the_host(person: People, company: Companies) -> None:
    ana = person(company(two_factor=True).ana)
    ana.sign_in()
    text = ana.next_text(re.compile("sign in"))
    code = text[:6]
    assert text == (
        f"{code} is your Engagement Cloud authentication code to sign in. Never share it.\n\n@127.0.0.1 #{code}"
    )
