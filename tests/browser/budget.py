"""What a page may cost who opens it: bytes to be fetched, requests, and how far it jumps while it comes in."""

import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]

#: HTML, CSS and JavaScript, each compressed as a proxy does it (bytes).
MOST_BYTES = 60_000
#: The page, its styles, scripts and pictures.
MOST_REQUESTS = 20
#: Cumulative layout shift; a page is called good up to 0.1.
MOST_SHIFT = 0.02

#: To be run before a page's own scripts. What moves because somebody pressed or resized something is no fault.
WATCH_SHIFTS = """window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) window.shifted += e.value; }))
  .observe({type: 'layout-shift', buffered: true});"""
_FETCHED = "performance.getEntriesByType('resource').map(e => e.name)"


@dataclass(frozen=True)
class Spent:
    weight: int
    requests: int
    shift: float

    @property
    def faults(self) -> list[str]:
        told = []
        if self.weight > MOST_BYTES:
            told.append(f"weighs {self.weight:,} bytes")
        if self.requests > MOST_REQUESTS:
            told.append(f"takes {self.requests} requests")
        if self.shift > MOST_SHIFT:
            told.append(f"jumps by {self.shift:.3f}")
        return told


def spent(page: Page) -> Spent:
    """Of the page that is shown, which needs WATCH_SHIFTS."""
    files = {urlsplit(address).path for address in page.evaluate(_FETCHED)}
    own = {path for path in files if path.startswith("/static/") and path.endswith((".css", ".js"))}
    html = len(gzip.compress(page.content().encode(), 6))
    return Spent(
        html + sum(_packed(path) for path in own), 1 + len(files), float(page.evaluate("window.shifted ?? 0"))
    )


@cache
def _packed(path: str) -> int:
    return len(gzip.compress((ROOT / path.lstrip("/")).read_bytes(), 6))
