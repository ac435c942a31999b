"""The shell in a real Chromium: layout, accessibility and what the modules do, under the site's own CSP."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.support import gallery

pytestmark = pytest.mark.browser

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIOLATIONS = (
    "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"
)


@pytest.fixture
def browser(chromium_browser: Browser) -> Browser:
    return chromium_browser


@pytest.fixture
def app() -> Flask:
    return gallery.create_gallery()


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    with gallery.served(app) as address:
        yield address


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page that must not have broken the content security policy by the end of the test."""
    context = browser.new_context(base_url=site, reduced_motion="reduce")
    context.set_default_timeout(5000)
    page = context.new_page()
    page.add_init_script(VIOLATIONS)
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(f"error {error}"))
    yield page
    context.close()
    assert [text for text in heard if text.startswith(("CSP", "error")) or "Trusted" in text] == []


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_has_a_fault_for_axe_or_scrolls_sideways(
    browser: Browser, site: str, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 720}, color_scheme=scheme, base_url=site  # type: ignore[arg-type]
    )  # fmt: skip
    page = context.new_page()
    for name in gallery.PAGES:
        for rejected in (False, True):
            page.goto(f"/{name}")
            if rejected:
                page.locator("main form .button-primary").first.click()
                page.wait_for_selector("[data-error-summary]")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
            assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == [], name
    context.close()


@pytest.mark.asvs("3.7.5")
def test_the_settings_menu_opens_without_scripts(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=site)
    page = context.new_page()
    page.goto("/parts")
    page.locator("summary", has_text="Settings").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    context.close()


def test_esc_closes_the_settings_menu_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/parts")
    page.locator("summary", has_text="Settings").click()
    page.get_by_role("link", name="My profile").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="My profile")).to_be_hidden()
    assert focused(page) == "Settings"


def test_the_summary_takes_the_focus_and_leads_into_the_field(page: Page) -> None:
    page.goto("/code")
    assert focused(page) == "code"
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    page.get_by_role("link", name="The code must be 6 numbers").click()
    expect(page.locator("#code")).to_be_focused()


def test_ticking_opens_the_window_and_esc_leads_back(page: Page) -> None:
    page.goto("/window")
    page.check("#two_factor_enabled")
    expect(page.get_by_role("dialog", name="Mobile numbers of every user")).to_be_visible()
    assert focused(page) == "ana"
    page.keyboard.press("Escape")
    assert focused(page) == "two_factor_enabled"
    assert page.is_checked("#two_factor_enabled")


def test_a_rejected_window_stays_open_with_the_message_at_its_row(page: Page) -> None:
    page.goto("/window")
    page.get_by_role("link", name="Mobile numbers").click()
    page.fill("#ana", "07400 123456")
    page.fill("#find", "ana")
    expect(page.locator("#find-status")).to_have_text("1 of 2 users shown")
    page.get_by_role("button", name="Save numbers").click()
    expect(page.locator("#ben-error")).to_have_text("Error: Enter a mobile number for <b>Ben</b>")
    expect(page.locator("#ben")).to_be_focused()  # the filter that hid the row is gone
    expect(page.locator("#ben")).to_have_attribute("aria-describedby", "ben-error")
    assert page.input_value("#ana") == "07400 123456"


def test_a_saved_window_closes_says_so_and_leaves_the_page_as_typed(page: Page) -> None:
    page.goto("/window")
    page.fill("#company_name", "Typed before")
    page.get_by_role("link", name="Mobile numbers").click()
    page.fill("#ben", "07400 123457")
    page.get_by_role("button", name="Save numbers").click()
    expect(page.locator("[data-dialog-status]")).to_have_text("Mobile numbers saved.")
    assert page.input_value("#company_name") == "Typed before"
    assert focused(page) == "Mobile numbers"


def test_any_other_answer_sends_the_window_as_an_ordinary_form(page: Page, app: Flask) -> None:
    page.goto("/window")
    page.get_by_role("link", name="Mobile numbers").click()
    page.fill("#ben", "teapot")
    page.get_by_role("button", name="Save numbers").click()
    expect(page).to_have_title("As a page")
    assert app.extensions["posts"] == [("/numbers", True), ("/numbers", False)]


def test_progress_is_shown_and_the_page_reloads_when_it_is_finished(page: Page) -> None:
    page.goto("/parts?poll")
    expect(page.locator("progress")).to_have_attribute("value", "40")
    expect(page.locator("[data-poll-value=done]")).to_have_text("40")
    expect(page.locator("[data-poll-status]")).to_have_text("40 rows read")
    with page.expect_navigation(timeout=10_000):
        pass


def test_a_poll_that_is_sent_elsewhere_loads_the_page_anew(page: Page) -> None:
    page.goto("/parts?poll=over")  # as when the session has ended: the gate answers 303
    with page.expect_navigation(timeout=5000):
        pass


def test_the_countdown_is_only_decoration(page: Page) -> None:
    page.goto("/parts")
    expect(page.get_by_text("Again in 1 seconds.")).to_be_visible()
    expect(page.get_by_role("button", name="Send another text")).to_be_enabled()
    expect(page.locator("[data-resend-after]")).to_be_hidden()
