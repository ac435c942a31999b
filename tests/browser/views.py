"""The forms in which a page is looked at: a phone, a tablet, a desk; by day and by night."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Page

Scheme = Literal["light", "dark"]

WIDTHS = (320, 768, 1280)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
VIEWS = [(width, scheme) for width in WIDTHS for scheme in SCHEMES]


def turn_to(page: Page, width: int, scheme: Scheme) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


@contextmanager
def larger_text(page: Page) -> Iterator[None]:
    """Text twice as large, as a person sets it in their browser: by the size of the root (WCAG 1.4.4)."""
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    try:
        yield
    finally:
        page.evaluate("document.documentElement.style.removeProperty('font-size')")
