"""The browser of the tests starts, and says so plainly where there is none."""

import pytest
from playwright.sync_api import sync_playwright

from tests.support import chromium


@pytest.mark.browser
def test_the_browser_shows_a_page() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        page = browser.new_page()
        page.set_content("<title>A page</title><h1>Hello</h1>")
        assert page.title() == "A page"
        assert page.locator("h1").inner_text() == "Hello"
        browser.close()


def test_without_a_browser_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "MAC_PATHS", ())
    with pytest.raises(chromium.NoChromium, match="apt-get install chromium"):
        chromium.launch_options()
