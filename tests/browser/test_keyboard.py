"""The mouse stays where it is."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person

pytestmark = pytest.mark.browser

People = Callable[..., Person]
Companies = Callable[..., SimpleNamespace]


@pytest.fixture(params=["scripts"])
def setting(request: pytest.FixtureRequest) -> str:
    """Once is enough: the keys of a browser do not depend on the database."""
    return request.param


def tab_to(person: Person, words: str, *, most: int = 60) -> None:
    """Press Tab until what has the focus is called ``words``."""
    for _ in range(most):
        person.page.keyboard.press("Tab")
        if person.page.evaluate(
            "words => (e => e.labels?.[0] ?? e)(document.activeElement).textContent.trim().startsWith(words)",
            words,
        ):
            visible = person.page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
            assert visible, f"{words}: the focus cannot be seen"
            return
    raise AssertionError(f"no way to {words!r} by Tab on {person.path}")


def enter(person: Person, heading: str) -> None:
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")
    person.heading(heading)


def sign_in(person: Person) -> None:
    person.open("/login")
    tab_to(person, "Email address")
    person.page.keyboard.type(person.user.email)
    tab_to(person, "Password")
    person.page.keyboard.type(person.site.world.password)


def turn_two_factor_on(dana: Person, people: SimpleNamespace) -> None:
    """By the menu at the bottom-left, through the window, to the code."""
    keys = dana.page.keyboard
    tab_to(dana, "Settings")
    keys.press("Enter")
    tab_to(dana, "Account")
    enter(dana, "Account")
    tab_to(dana, "Two-factor authentication")
    keys.press("Space")
    window = dana.page.get_by_role("dialog", name="Mobile numbers")
    expect(window).to_be_visible()
    assert dana.focused() == f"mobile_number-{people.ben.public_id}"  # the first that is empty
    keys.type("07400 299 997")
    tab_to(dana, "Save numbers")
    keys.press("Enter")
    expect(window).to_be_hidden()
    tab_to(dana, "Save settings")
    enter(dana, "Check your phone")
    keys.type(dana.next_code())
    enter(dana, "Account")
    dana.sees("Two-factor authentication is on")


def export(ana: Person) -> None:
    keys = ana.page.keyboard
    tab_to(ana, "Export")
    if ana.page.evaluate("document.activeElement.textContent.trim()") == "Exports":
        tab_to(ana, "Export")
    enter(ana, "Export contacts")
    tab_to(ana, "Continue")
    enter(ana, "Export of All contacts")
    tab_to(ana, "Download 2 contacts")
    enter(ana, "Check your phone")
    keys.type(ana.next_text(re.compile("to export"))[:6])
    with ana.page.expect_download() as file:
        keys.press("Enter")
    assert file.value.suggested_filename.endswith(".csv")


def test_the_whole_story_by_keyboard(person: People, company: Companies) -> None:
    people = company(two_factor=False)
    dana = person(people.owner)
    sign_in(dana)
    enter(dana, "Contacts")
    turn_two_factor_on(dana, people)
    tab_to(dana, "Settings")
    dana.page.keyboard.press("Enter")
    tab_to(dana, "Sign out")
    enter(dana, "Sign in")

    ana = person(people.ana)
    ana.site.world.contacts(people.account, 2)
    sign_in(ana)
    enter(ana, "Check your phone")
    assert ana.focused() == "code"
    ana.page.keyboard.type(ana.next_code())
    enter(ana, "Contacts")
    export(ana)


def test_esc_closes_the_numbers_window_and_gives_the_focus_back(person: People, company: Companies) -> None:
    dana = person(company(two_factor=False).owner)
    dana.sign_in().open("/settings/account")
    tab_to(dana, "Two-factor authentication")
    dana.page.keyboard.press("Space")
    window = dana.page.get_by_role("dialog", name="Mobile numbers")
    expect(window).to_be_visible()
    dana.page.keyboard.press("Escape")
    expect(window).to_be_hidden()
    assert dana.focused() == "two_factor_enabled"


def test_the_first_tab_leads_past_the_menu(person: People, company: Companies) -> None:
    ana = person(company(two_factor=False).ana)
    ana.sign_in()
    ana.page.keyboard.press("Tab")
    assert ana.focused() == "Skip to main content"
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("#main")).to_be_focused()
