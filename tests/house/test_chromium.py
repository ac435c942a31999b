"""The browser of the tests starts, and says so plainly where there is none."""

import pytest
from playwright.sync_api import Browser

from tests.support import chromium


@pytest.mark.browser
def test_the_browser_shows_a_page(chromium_browser: Browser) -> None:
    page = chromium_browser.new_page()
    page.set_content("<title>A page</title><h1>Hello</h1>")
    assert page.title() == "A page"
    assert page.locator("h1").inner_text() == "Hello"
    page.close()


def test_without_a_browser_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "MAC_PATHS", ())
    with pytest.raises(chromium.NoChromium, match="apt-get install chromium"):
        chromium.launch_options()
