"""What is true of every page that anybody opens in these tests, whatever the test is about."""

import re
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request, Response

from tests.browser.budget import WATCH_SHIFTS

#: target-size (WCAG 2.2) is off in axe unless its tag is asked for.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_VIOLATIONS = "addEventListener('securitypolicyviolation', e => console.error(`CSP ${e.violatedDirective}`))"

#: Chromium reports each page that is answered with an error status; a rejected form is one.
_STATUS = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


class Watch:
    """Listens to one page; `check()` says what is wrong with what it shows now and did since the last check.

    ``seen`` holds the kinds of page that axe has looked at, and is shared by all watches of a run: axe takes half a
    second, and a code page does not differ from one test to the next.
    """

    def __init__(self, page: Page, address: str, *, scripts: bool, seen: set[str]) -> None:
        self.page = page
        self._host = urlsplit(address).netloc
        self._scripts = scripts
        self._seen = seen
        self._faults: list[str] = []
        page.add_init_script(_VIOLATIONS)
        page.add_init_script(WATCH_SHIFTS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._faults.append(f"script error: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def check(self, *, axe: bool = True) -> None:
        """Raises AssertionError with the address of the page."""
        path = urlsplit(self.page.url).path
        headings = self.page.locator("h1").all_inner_texts()
        assert len(headings) == 1, f"{path}: main headings {headings}"
        title = self.page.title().removeprefix("Error: ").removeprefix("Fehler: ")
        assert title.startswith(" ".join(headings[0].split())), (
            f"{path}: title {title!r}, heading {headings[0]!r}"
        )
        self.check_width()
        self.faults_so_far(path)
        if self._scripts and axe:
            self._axe(path)

    def check_width(self) -> None:
        """Nobody has to scroll sideways."""
        wide = self.page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], f"{self.page.url} scrolls sideways: {wide[0]} px in {wide[1]} px"

    def faults_so_far(self, where: str = "") -> None:
        assert self._faults == [], f"{where or self.page.url}: {self._faults}"

    def _axe(self, path: str) -> None:
        kind = self._kind(path)
        if kind in self._seen:
            return
        self._seen.add(kind)
        heard = len(self._faults)
        found = Axe().run(self.page, options={"runOnly": WCAG, "preload": False}).response["violations"]
        del self._faults[heard:]  # axe tries inline styles, which the policy refuses
        told = [
            (fault["id"], fault["nodes"][0]["html"], fault["nodes"][0]["failureSummary"]) for fault in found
        ]
        assert told == [], f"{kind}: {told}"

    def _kind(self, path: str) -> str:
        """The page without its ids, and what state it is in."""
        state = self.page.evaluate(
            """[document.querySelector('dialog[open]') ? 'window' : '',
                document.querySelector('[data-error-summary], .field-failed') ? 'errors' : '',
                document.querySelector('.empty-state') ? 'empty' : '',
                matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
                String(innerWidth), document.body.className].join(' ')"""
        )
        return (
            re.sub(r"/[\w-]{20,}", "/…", path) + " " + self.page.locator("h1").inner_text()[:12] + " " + state
        )

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _STATUS.match(message.text):
            self._faults.append(message.text)

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "about"} and parts.netloc != self._host:
            self._faults.append(f"asked {parts.netloc} for {request.url}")

    def _answered(self, response: Response) -> None:
        kind = response.request.resource_type
        if response.status >= 500 or (response.status >= 400 and kind not in {"document", "fetch"}):
            self._faults.append(f"{response.status} for {kind} {response.url}")
