"""Every page as each kind of person: nothing for axe to say at night on a phone, no sideways scroll at any width or in
text twice the size, and no more to fetch than the budget.

By day, axe looks at the pages of the stories; `make screenshots` looks at everything in every form.
"""

from collections.abc import Callable, Iterator
from functools import partial
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


Look = Callable[[Person], Iterator[str]]


@HALVES
def test_every_page_is_sound_in_the_dark_and_at_every_width(
    chromium_browser: Browser, tmp_path: Path, parts: tuple[str, ...], least: int
) -> None:
    def look(person: Person) -> Iterator[str]:
        yield from spent(person.page).faults
        for width in WIDTHS:
            turn_to(person.page, width, "dark")
            yield from told(partial(person.watch.check, axe=width == WIDTHS[0]), f"at {width} px")
        with larger_text(person.page):
            yield from told(person.watch.check_width, "with text of twice the size")

    with LiveSite(tmp_path) as site:
        names, faults = walked(chromium_browser, site, tmp_path, parts, look)
    assert faults == []
    assert len(names) >= least


@HALVES
def test_every_page_is_reached_and_whole_without_scripts(
    chromium_browser: Browser, tmp_path: Path, parts: tuple[str, ...], least: int
) -> None:
    def look(person: Person) -> Iterator[str]:
        for words in person.page.locator(DEAD).filter(visible=True).all_inner_texts():
            yield f"{words!r} does nothing"
        turn_to(person.page, WIDTHS[0], "light")
        yield from told(partial(person.watch.check, axe=False), f"at {WIDTHS[0]} px")

    with LiveSite(tmp_path) as site:
        names, faults = walked(chromium_browser, site, tmp_path, parts, look, scripts=False)
    assert faults == []
    assert len(names) >= least - WINDOWS


def walked(
    chromium: Browser,
    site: LiveSite,
    folder: Path,
    parts: tuple[str, ...],
    look: Look,
    *,
    scripts: bool = True,
) -> tuple[set[str], list[str]]:
    """The names of all views, and what ``look`` finds wrong with each. It may turn the page: it is turned back."""
    names: set[str] = set()
    faults: list[str] = []

    def stop(person: Person, name: str) -> None:
        names.add(name)
        faults.extend(f"{name}: {fault}" for fault in look(person))
        turn_to(person.page, WIDTHS[-1], "light")

    Walk(chromium, site, stop, folder, scripts=scripts).walk(parts)
    return names, faults


def told(check: Callable[[], None], where: str) -> Iterator[str]:
    """What a check says, if anything: the walk goes on."""
    try:
        check()
    except AssertionError as fault:
        yield f"{where}: {fault}"


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
