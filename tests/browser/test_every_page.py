"""Every page as each kind of person: nothing for axe to say at night on a phone, and no sideways scroll at any width.

By day, axe looks at the pages of the stories; `make screenshots` looks at everything in every form.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.person import Person
from tests.browser.scenes import PARTS, Walk
from tests.browser.views import WIDTHS, turn_to
from tests.support.live_site import LiveSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize(("parts", "least"), [(PARTS[:4], 33), (PARTS[4:], 46)], ids=["doors", "inside"])
def test_every_page_is_sound_in_the_dark_and_at_every_width(
    chromium_browser: Browser, tmp_path: Path, parts: tuple[str, ...], least: int
) -> None:
    """``least`` views, so that a walk that lost its way does not pass."""
    names: set[str] = set()
    faults: list[str] = []

    def stop(person: Person, name: str) -> None:
        names.add(name)
        for width in WIDTHS:
            turn_to(person.page, width, "dark")
            try:
                person.watch.check(axe=width == WIDTHS[0])
            except AssertionError as fault:
                faults.append(f"{name} at {width} px: {fault}")
        turn_to(person.page, WIDTHS[-1], "light")

    with LiveSite(tmp_path) as site:
        Walk(chromium_browser, site, stop, tmp_path).walk(parts)
    assert faults == []
    assert len(names) >= least
