"""Every page as each kind of person: nothing for axe to say, no sideways scroll, narrow and dark, wide and light."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.person import Person
from tests.browser.scenes import Walk
from tests.browser.views import Scheme, turn_to
from tests.support.live_site import LiveSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: `make screenshots` looks at all six.
VIEWS: list[tuple[int, Scheme]] = [(320, "dark"), (768, "light")]
LEAST = 80  # views; a walk that lost its way must not pass


def test_every_page_is_sound_on_a_phone_at_night_and_on_a_tablet_by_day(
    chromium_browser: Browser, tmp_path: Path
) -> None:
    names: set[str] = set()
    faults: list[str] = []

    def stop(person: Person, name: str) -> None:
        names.add(name)
        for width, scheme in VIEWS:
            turn_to(person.page, width, scheme)
            try:
                person.watch.check()
            except AssertionError as fault:
                faults.append(f"{name} at {width} px, {scheme}: {fault}")
        turn_to(person.page, 1280, "light")

    with LiveSite(tmp_path) as site:
        Walk(chromium_browser, site, stop, tmp_path).all()
    assert faults == []
    assert len(names) >= LEAST
