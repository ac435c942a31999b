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


def test_signing_in_and_exporting_by_keyboard(person: People, company: Companies) -> None:
    people = company(two_factor=True)
    ana = person(people.ana)
    ana.site.world.contacts(people.account, 2)
    keys = ana.page.keyboard
    ana.open("/login")
    tab_to(ana, "Email address")
    keys.type(people.ana.email)
    tab_to(ana, "Password")
    keys.type(ana.site.world.password)
    enter(ana, "Check your phone")
    assert ana.focused() == "code"
    keys.type(ana.next_code())
    enter(ana, "Contacts")
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
