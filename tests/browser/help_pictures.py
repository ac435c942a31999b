"""`make help-pictures`: the pictures of the help article, of our own pages in every language, into static/help/.

Small WebP files, finer than they are shown. To be taken anew when a page that they show looks different.
"""

import base64
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from blueprints.help.pictures import FINENESS, path  # noqa: E402
from services.language import LANGUAGES  # noqa: E402
from tests.support import chromium  # noqa: E402
from tests.support.live_site import LiveSite  # noqa: E402

STATIC = ROOT / "static"
#: Bytes of one picture.
MOST = 38_000
PASSWORD = "demo-password-2026"  # of the demo data

_TO_WEBP = """async ([png, most]) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + png;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d', {alpha: false}).drawImage(image, 0, 0);
    for (const quality of [0.75, 0.65, 0.55, 0.45, 0.35, 0.25]) {
        const webp = canvas.toDataURL('image/webp', quality).split(',')[1];
        if (webp.length * 3 / 4 < most) return webp;
    }
    throw new Error('too large');
}"""

#: One text, as from a site that has a name.
_ONLY_THE_TEXT = """() => {
    document.querySelectorAll('.phone .small, .bubble ~ .bubble').forEach(one => one.remove());
    const text = document.querySelector('.bubble').lastChild;
    text.data = text.data.replace('127.0.0.1', 'app.example.com');
}"""


class Photographer:
    """One language: somebody at a browser that asks for it."""

    def __init__(self, browser: Browser, site: LiveSite, code: str) -> None:
        self.browser = browser
        self.site = site
        self.code = code

    def take_all(self) -> None:
        self.owner()
        self.user()

    def owner(self) -> None:
        page = self.signing_in("owner@acme.example", 768)
        page.goto("/settings/account")
        self.keep("security", page, _box(page, "#security"))
        page.locator("[name=two_factor_enabled]").check()
        page.locator("dialog[open] [type=tel]").first.wait_for()
        page.set_viewport_size({"width": 768, "height": 660})
        self.keep("window", page, _box(page, "dialog[open]"))
        page.set_viewport_size({"width": 768, "height": 580})
        page.goto("/contacts/exports")
        page.locator(".settings-menu > summary").click()
        self.keep("menu", page, {"x": 0, "y": 0, "width": 600, "height": 580})
        page.context.close()

    def user(self) -> None:
        page = self.signing_in("cleo@borealis.example", 480)
        self.site.wait_for_text("+447400123461", "")
        page.reload()
        main, rest = _box(page, "main"), _box(page, "main .aside")
        self.keep("code", page, {**main, "height": rest["y"] - main["y"]})
        page.goto("/dev/phone?number=%2B447400123461")
        page.evaluate(_ONLY_THE_TEXT)
        self.keep("text", page, _box(page, ".phone"))
        page.context.close()

    def signing_in(self, email: str, width: int) -> Page:
        page = self.browser.new_context(
            base_url=self.site.address,
            locale=self.code,
            color_scheme="light",
            reduced_motion="reduce",
            device_scale_factor=FINENESS,
            viewport={"width": width, "height": 1400},
        ).new_page()
        page.goto("/login")
        page.locator("[name=email]").fill(email)
        page.locator("[name=password]").fill(PASSWORD)
        with page.expect_navigation():
            page.locator("main form .button-primary").click()
        return page

    def keep(self, name: str, page: Page, box: FloatRect) -> None:
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        png = page.screenshot(clip=box)
        blank = self.browser.new_page()  # the policy of our own pages allows no data: address
        webp = base64.b64decode(blank.evaluate(_TO_WEBP, [base64.b64encode(png).decode(), MOST]))
        blank.close()
        file = STATIC / path(name, self.code)
        file.write_bytes(webp)
        print(f"{file.relative_to(ROOT)}: {len(webp) / 1000:.1f} kB")  # noqa: T201


def _box(page: Page, selector: str) -> FloatRect:
    """In whole pixels, so that nothing is half cut off."""
    found = page.locator(selector).bounding_box()
    assert found is not None, selector
    x, y = int(found["x"]), int(found["y"])
    return {
        "x": x,
        "y": y,
        "width": int(found["x"] + found["width"] + 0.99) - x,
        "height": int(found["y"] + found["height"] + 0.99) - y,
    }


def main() -> None:
    (STATIC / "help").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        for code in LANGUAGES:
            with tempfile.TemporaryDirectory() as folder, LiveSite(Path(folder)) as site:
                Photographer(browser, site, code).take_all()
        browser.close()


if __name__ == "__main__":
    main()
