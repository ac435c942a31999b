"""Passwords, invitations, numbers, browsers: what people change about themselves and each other."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.browser.conftest import fresh_number
from tests.browser.person import Person

pytestmark = pytest.mark.browser

People = Callable[..., Person]
Companies = Callable[..., SimpleNamespace]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW_PASSWORD = "nine purple lanterns drift"


def test_a_forgotten_password_is_set_by_mail_and_the_code_is_still_asked_for(
    person: People, company: Companies
) -> None:
    ana = person(company(two_factor=True).ana)
    ana.open("/login").press("Forgotten your password?").heading("Forgotten password")
    ana.fill(email=ana.user.email)
    ana.page.locator("main form .button-primary").click()
    ana.heading("Sign in").sees("a mail with a link is on its way")
    link = ana.site.wait_for_link(ana.user.email, "/password/reset/")
    ana.open(link).fill(password="short", password_again="short")
    ana.page.locator("main form .button-primary").click()
    ana.page.wait_for_selector("[data-error-summary]")
    ana.look()
    assert ana.error("password")
    ana.fill(password=NEW_PASSWORD, password_again=NEW_PASSWORD)
    ana.page.locator("main form .button-primary").click()
    ana.heading("Sign in").sees("Your password is set")
    ana.sign_in().sees("The email address or the password is wrong")
    ana.sign_in(password=NEW_PASSWORD).heading("Check your phone")
    ana.enter_code(ana.next_code(), "Sign in").heading("Contacts")
    ana.sign_out().open(link, status=410).heading("This link does not work any more")


def test_a_new_user_is_invited_and_comes_in_with_a_code(person: People, company: Companies) -> None:
    people = company(two_factor=True)
    dana = person(people.owner)
    dana.sign_in_with_code().open_settings("Users").heading("Users")
    dana.press("New user").fill(name="Zoë", email="zoe")
    dana.press("Invite user")
    assert dana.error("email")
    number, address = fresh_number(), f"zoe-{fresh_number()[-6:]}@acme.example"
    assert dana.error("mobile_number")
    dana.fill(email=address, mobile_number=f"0{number[3:]}").press("Invite user").heading("Check your phone")
    dana.enter_code(dana.next_code()).heading("Your code was right").press("Continue").heading("Users").sees(
        "Zoë"
    )
    zoe = person(SimpleNamespace(email=address, mobile_number=number))
    zoe.open(zoe.site.wait_for_link(address, "/invitations/")).heading("Welcome: choose a password")
    zoe.fill(password=NEW_PASSWORD, password_again=NEW_PASSWORD)
    zoe.page.locator("main form .button-primary").click()
    zoe.heading("Sign in").sign_in(password=NEW_PASSWORD).heading("Check your phone")
    zoe.enter_code(zoe.next_code(), "Sign in").heading("Contacts")
    dana.open("/settings/users").sees("Confirmed")


def test_ones_own_number_changes_by_two_codes(person: People, company: Companies) -> None:
    people = company(two_factor=True)
    ana = person(people.ana)
    ana.sign_in_with_code().open_settings("My profile")
    new = fresh_number()
    ana.fill(mobile_number=f"0{new[3:]}").press("Save profile").heading("Check your phone")
    ana.enter_code(ana.next_code()).heading("Your code was right").press("Continue")  # from the old number
    ana.heading("Check your phone").enter_code(ana.next_code(new), "Confirm")
    ana.heading("My profile").sees("Confirmed")
    ana.site.wait_for_text(people.ana.mobile_number, "Your mobile number was changed")
    ana.site.wait_for_mail(people.ana.email, "mobile number")


def test_a_browser_is_revoked_and_asks_again(person: People, company: Companies) -> None:
    people = company(two_factor=True)
    lost, here = person(people.ana, user_agent=FIREFOX), person(people.ana)
    lost.sign_in_with_code().heading("Contacts")
    here.next_code()  # both have the same phone
    here.sign_in_with_code().open_settings("Browsers").heading("Browsers")
    here.press("Stop trusting Firefox on Linux").press("End the session of Firefox on Linux")
    lost.open("/contacts").heading("Sign in").sign_in().heading("Check your phone")


def test_the_activity_page_tells_what_happened(person: People, company: Companies) -> None:
    people = company(two_factor=True)
    ana = person(people.ana)
    ana.sign_in(password="wrong password here")
    ana.sign_in_with_code().sign_out()
    dana = person(people.owner)
    dana.sign_in_with_code().open_settings("Activity").heading("Activity")
    rows = dana.page.locator(".timeline > li")
    assert rows.count() >= 3
    dana.page.locator("[name=person]").select_option(label="Ana Souza")
    dana.press("Show")
    told = rows.all_inner_texts()
    assert told
    assert all("Ana Souza" in line for line in told)
