"""`make newcomer`: from `git clone` to the first exported CSV as README tells it, in an empty folder and home, timed.

Each step is something that a person types or presses. Exit status 1 when it takes more than five minutes.
"""

import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support import chromium  # noqa: E402

PORT = "5099"
MOST_SECONDS = 300


class Newcomer:
    """Takes steps, and says of each how long after the beginning it was done."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.steps = 0

    def step(self, words: str, act: Callable[[], object]) -> None:
        act()
        self.steps += 1
        print(f"{self.seconds:6.1f} s  {self.steps}. {words}", flush=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def main() -> int:
    with tempfile.TemporaryDirectory() as temporary:
        folder, home = Path(temporary) / "countersign", Path(temporary) / "home"
        home.mkdir()
        # Nothing of this machine's: no package that was downloaded before, no setting, no virtual environment.
        environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PORT": PORT}
        newcomer = Newcomer()
        newcomer.step("git clone", lambda: _clone(folder, environ))
        run = subprocess.Popen(
            ["make", "run"],
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            newcomer.step("make run", lambda: _wait_until_it_says(run, f"http://127.0.0.1:{PORT}"))
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(**chromium.launch_options())
                rows = _in_the_browser(newcomer, browser.new_page())
                took = newcomer.seconds
                browser.close()
        finally:
            run.terminate()
            run.wait(30)
    print(f"{newcomer.steps} steps, {took:.0f} seconds, a file of {rows:,} contacts")
    return 0 if took <= MOST_SECONDS and rows else 1


def _clone(folder: Path, environ: dict[str, str]) -> None:
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], env=environ, check=True)


def _wait_until_it_says(run: "subprocess.Popen[str]", words: str) -> None:
    for line in run.stdout or ():
        if words in line:
            return
    raise SystemExit(f"make run ended with status {run.wait()} and never said {words}")


def _in_the_browser(newcomer: Newcomer, page: Page) -> int:
    page.set_default_timeout(60_000)

    def sign_in() -> None:
        page.get_by_label("Email address").fill("ana@acme.example")
        page.get_by_label("Password").fill("demo-password-2026")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Contacts", exact=True).wait_for()

    def press(name: str | re.Pattern[str]) -> None:
        page.locator("main").get_by_role("link", name=name).or_(
            page.locator("main").get_by_role("button", name=name)
        ).first.click()

    files: list[Path] = []

    def download() -> None:
        with page.expect_download() as waiting:
            press(re.compile("^Download"))
        files.append(Path(waiting.value.path()))

    newcomer.step("open the address", lambda: page.goto(f"http://127.0.0.1:{PORT}"))
    newcomer.step("sign in as ana@acme.example", sign_in)
    newcomer.step("Export", lambda: press("Export"))
    newcomer.step("Continue", lambda: press("Continue"))
    newcomer.step("Download", download)
    with files[0].open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


if __name__ == "__main__":
    sys.exit(main())
