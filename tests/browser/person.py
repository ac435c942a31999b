"""Somebody at a browser: opens pages, fills fields by their labels, presses buttons, reads the phone."""

import re
from typing import Any

from playwright.sync_api import Browser, Download, Page, expect

from tests.browser.watch import Watch
from tests.support.live_site import LiveSite

PATIENCE = 15_000  # milliseconds; two cores may be shared by a whole test run
CODE = re.compile(r"^(\d{6}) is your")


class Person:
    """One browser profile. ``user`` (a row or None) is who sits there; every page shown is checked by ``watch``."""

    def __init__(
        self,
        chromium: Browser,
        site: LiveSite,
        user: Any = None,
        *,
        scripts: bool = True,
        seen: set[str] | None = None,
        **options: Any,
    ) -> None:
        self.site = site
        self.user = user
        self.scripts = scripts
        self.checks = True  # every page at once; False where the test does it itself
        self._seen = seen if seen is not None else set()
        self.context = chromium.new_context(
            base_url=site.address,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            **{"viewport": {"width": 1280, "height": 800}, **options},
        )
        self.context.set_default_timeout(PATIENCE)
        self._read: dict[str, int] = {}
        self._watches: dict[Page, Watch] = {}
        self.page = self.new_tab()

    def close(self) -> None:
        self.context.close()
        for watch in self._watches.values():
            watch.faults_so_far()

    def new_tab(self) -> Page:
        """A second tab of the same browser becomes the one that the person looks at; the first stays in `tabs`."""
        page = self.context.new_page()
        self._watches[page] = Watch(page, self.site.address, scripts=self.scripts, seen=self._seen)
        self.page = page
        return page

    def look(self) -> "Person":
        """Check what is on the screen."""
        if self.checks:
            self.watch.check()
        return self

    @property
    def watch(self) -> Watch:
        return self._watches[self.page]

    # --- moving about

    def open(self, path: str, status: int = 200) -> "Person":
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == status, f"{path} answered {answer.status}"
        return self.look()

    def press(self, name: str | re.Pattern[str], *, within: str = "main", exact: bool = True) -> "Person":
        """A button or link that leads to a page (or, rejected, to the same one)."""
        target = self.page.locator(within).get_by_role("button", name=name, exact=exact)
        target = target.or_(self.page.locator(within).get_by_role("link", name=name, exact=exact))
        with self.page.expect_navigation():
            target.first.click()
        return self.look()

    def go_back(self) -> "Person":
        self.page.go_back()
        return self.look()

    def download(self, name: str | re.Pattern[str]) -> Download:
        """The file behind a link or button."""
        with self.page.expect_download() as waiting:
            self.page.locator("main").get_by_role("link", name=name).click()
        return waiting.value

    def fill(self, **fields: str) -> "Person":
        """Fields by their names in the form."""
        for name, value in fields.items():
            self.page.locator(f'[name="{name}"]:visible').fill(value)
        return self

    def choose(self, **fields: str) -> "Person":
        for name, label in fields.items():
            self.page.locator(f'select[name="{name}"]:visible').select_option(label=label)
        return self

    # --- what is on the screen

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.site.address).partition("?")[0]

    def sees(self, words: str | re.Pattern[str]) -> "Person":
        expect(self.page.locator("main").get_by_text(words).first).to_be_visible(timeout=PATIENCE)
        return self

    def heading(self, words: str) -> "Person":
        expect(self.page.locator("h1")).to_have_text(words, timeout=PATIENCE)
        return self

    def error(self, field: str) -> str:
        """The message beside a field, "" for none."""
        found = self.page.locator(f'.field:has([name="{field}"]) .field-error')
        return " ".join(found.inner_text().split()).removeprefix("Error: ") if found.count() else ""

    def focused(self) -> str:
        """Name, else id, else text of what has the focus."""
        return str(
            self.page.evaluate("(e => e.name || e.id || e.textContent.trim())(document.activeElement)")
        )

    # --- the phone

    def next_code(self, number: str | None = None) -> str:
        """The code in the next text to ``number`` (default: the user's) that was not read yet, once it has come."""
        number = number or self.user.mobile_number
        return self.next_text(CODE, number)[:6]

    def next_text(self, words: re.Pattern[str], number: str | None = None) -> str:
        from tests.support.worker_process import wait_until

        number = number or self.user.mobile_number
        fresh: list[tuple[int, str]] = []

        def came() -> bool:
            texts = [line["text"] for line in self.site.texts(number)]
            fresh[:] = [
                (at, text)
                for at, text in enumerate(texts)
                if at >= self._read.get(number, 0) and words.search(text)
            ]
            return bool(fresh)

        wait_until(came, 20)
        self._read[number] = fresh[0][0] + 1
        return fresh[0][1]

    # --- whole stories that many tests begin with

    def sign_in(self, password: str = "") -> "Person":
        """From the sign-in page to the first page, or to the code page where a code is asked for."""
        self.open("/login").fill(email=self.user.email, password=password or self.site.world.password)
        return self.press("Sign in")

    def sign_in_with_code(self) -> "Person":
        self.sign_in().heading("Check your phone")
        return self.enter_code(self.next_code(), "Sign in")

    def enter_code(self, code: str, button: str = "Continue") -> "Person":
        return self.fill(code=code).press(button)

    def open_settings(self, name: str) -> "Person":
        """By the menu at the bottom-left."""
        self.page.locator("summary", has_text="Settings").click()
        return self.press(name, within="nav.menu")

    def sign_out(self) -> "Person":
        self.page.locator("summary", has_text="Settings").click()
        return self.press("Sign out", within="nav.menu")
