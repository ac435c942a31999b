"""The code page while a text is on its way, with scripts and without."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.person import PATIENCE, Person
from tests.support.live_site import LiveSite

pytestmark = pytest.mark.browser


def test_the_page_learns_what_became_of_the_text_and_ends_in_a_call(
    person: Callable[..., Person], company: Callable[..., SimpleNamespace], live: LiveSite, scripts: bool
) -> None:
    ana = person(company(two_factor=True).ana)
    ana.sign_in().heading("Check your phone")
    code = ana.next_code()
    call = ana.page.get_by_role("button", name="Call me instead")
    expect(call).to_be_hidden()
    live.change_newest(state="rejected", error_code="1190")
    if scripts:
        ana.page.evaluate("window.sameDocument = true")
        expect(ana.page.get_by_role("link", name="Check again")).to_be_hidden()
    else:
        ana.page.get_by_role("link", name="Check again").click()
    told = ana.page.locator(".notice-bad .notice-title")
    expect(told).to_have_text("This number cannot receive texts", timeout=PATIENCE)
    expect(call).to_be_visible()
    expect(ana.page.get_by_role("button", name="Send it again")).to_be_hidden()
    if scripts:
        expect(ana.page.locator("[data-poll-status]")).to_contain_text("This number cannot receive texts.")
        assert ana.page.evaluate("window.sameDocument") is True
    ana.press("Call me instead").sees("Calling your phone")
    ana.enter_code(code, "Sign in").heading("Contacts")
