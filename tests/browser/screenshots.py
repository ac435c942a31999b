"""`make screenshots`: every page as each kind of person, narrow to wide, light and dark, into build/screenshots/.

The README's picture is taken on the way. Faults of a page (axe, console, width) are listed at the end: exit status 1.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.person import Person  # noqa: E402
from tests.browser.scenes import PARTS, Walk  # noqa: E402
from tests.browser.views import VIEWS, WIDTHS, turn_to  # noqa: E402
from tests.support import chromium  # noqa: E402
from tests.support.live_site import LiveSite  # noqa: E402

PICTURES = ROOT / "build" / "screenshots"
README_PICTURE = ROOT / "docs" / "images" / "numbers-window.png"
README_SCENE = "owner-window"


class Camera:
    """What the walk calls at each stop."""

    def __init__(self) -> None:
        self.taken = 0
        self.faults: list[str] = []

    def __call__(self, person: Person, name: str) -> None:
        self.taken += 1
        for width, scheme in VIEWS:
            turn_to(person.page, width, scheme)
            folder = PICTURES / f"{width}-{scheme}"
            has_window = person.page.locator("dialog[open]").count() > 0
            person.page.screenshot(path=folder / f"{self.taken:02}-{name}.png", full_page=not has_window)
            try:
                person.watch.check()
            except AssertionError as fault:
                self.faults.append(f"{name} at {width} px, {scheme}: {fault}")
        turn_to(person.page, WIDTHS[-1], "light")
        if name == README_SCENE:
            README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
            person.page.screenshot(path=README_PICTURE)


def main() -> int:
    for width, scheme in VIEWS:
        folder = PICTURES / f"{width}-{scheme}"
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
    camera = Camera()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        # In a site of its own: at the end of the others support has turned off what asks for codes.
        for number, parts in enumerate((PARTS, ("code_news",))):
            folder = Path(temporary) / str(number)
            folder.mkdir()
            with LiveSite(folder) as site:
                Walk(browser, site, camera, folder).walk(parts)
        browser.close()
    for fault in camera.faults:
        print(fault, file=sys.stderr)  # noqa: T201
    print(f"{camera.taken} views in {len(VIEWS)} forms: {PICTURES.relative_to(ROOT)}/")  # noqa: T201
    return 1 if camera.faults else 0


if __name__ == "__main__":
    sys.exit(main())
