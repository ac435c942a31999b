"""Every page as each kind of person: nothing for axe to say at night on a phone, no sideways scroll at any width or in
text twice the size, and no more to fetch than the budget.

By day, axe looks at the pages of the stories; `make screenshots` looks at everything in every form.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.budget import WATCH_SHIFTS, spent
from tests.browser.person import Person
from tests.browser.scenes import PARTS, Walk
from tests.browser.views import WIDTHS, larger_text, turn_to
from tests.support.live_site import LiveSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: ``least`` views, so that a walk that lost its way does not pass.
LEAST = (35, 54)
#: Views of the numbers window, which is a page without scripts.
WINDOWS = 3
HALVES = pytest.mark.parametrize(
    ("parts", "least"), [(PARTS[:4], LEAST[0]), (PARTS[4:], LEAST[1])], ids=["doors", "inside"]
)
#: What looks as if it did something and, without scripts, does nothing.
DEAD = "button[type=button], [data-dialog-open]:not([href]), a:not([href])"


@HALVES
def test_every_page_is_sound_in_the_dark_and_at_every_width(
    chromium_browser: Browser, tmp_path: Path, parts: tuple[str, ...], least: int
) -> None:
    names: set[str] = set()
    faults: list[str] = []

    def stop(person: Person, name: str) -> None:
        names.add(name)
        faults.extend(f"{name} {fault}" for fault in spent(person.page).faults)
        for width in WIDTHS:
            turn_to(person.page, width, "dark")
            try:
                person.watch.check(axe=width == WIDTHS[0])
            except AssertionError as fault:
                faults.append(f"{name} at {width} px: {fault}")
        try:
            with larger_text(person.page):
                person.watch.check_width()
        except AssertionError as fault:
            faults.append(f"{name} with text of twice the size: {fault}")
        turn_to(person.page, WIDTHS[-1], "light")

    with LiveSite(tmp_path) as site:
        Walk(chromium_browser, site, stop, tmp_path).walk(parts)
    assert faults == []
    assert len(names) >= least


@HALVES
def test_every_page_is_reached_and_whole_without_scripts(
    chromium_browser: Browser, tmp_path: Path, parts: tuple[str, ...], least: int
) -> None:
    names: set[str] = set()
    faults: list[str] = []

    def stop(person: Person, name: str) -> None:
        names.add(name)
        dead = person.page.locator(DEAD).filter(visible=True).all_inner_texts()
        faults.extend(f"{name}: {words!r} does nothing" for words in dead)
        try:
            turn_to(person.page, WIDTHS[0], "light")
            person.watch.check(axe=False)
        except AssertionError as fault:
            faults.append(f"{name}: {fault}")
        turn_to(person.page, WIDTHS[-1], "light")

    with LiveSite(tmp_path) as site:
        Walk(chromium_browser, site, stop, tmp_path, scripts=False).walk(parts)
    assert faults == []
    assert len(names) >= least - WINDOWS


def test_a_page_that_is_heavy_or_jumps_is_noticed(chromium_browser: Browser) -> None:
    page = chromium_browser.new_page()
    page.add_init_script(WATCH_SHIFTS)
    page.goto("data:text/html,<p>first</p><p>second</p>")
    assert spent(page).faults == []
    page.wait_for_timeout(100)  # a shift counts between two pictures of the page
    page.evaluate(
        "document.body.insertAdjacentHTML('afterbegin', '<div style=\"height:60vh\"></div>'),"
        " new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    page.wait_for_function("window.shifted > 0")
    assert any(fault.startswith("jumps by") for fault in spent(page).faults)
    page.close()
