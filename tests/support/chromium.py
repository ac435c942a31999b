"""The browser of the tests: a Chromium that the machine has, driven by Playwright."""

import os
import shutil
from pathlib import Path
from typing import Any

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)

MAC_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)

FLAGS = (
    "--no-sandbox",  # tests run as root in CI, where Chromium's sandbox does not start
    "--disable-gpu",
    "--disable-dev-shm-usage",  # /dev/shm is 64 MB in containers
    # Quiet: without these every start looks up its maker's hosts.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

HOW_TO_GET_ONE = (
    "The browser tests need Chromium or Chrome, and none was found. Install one (Debian, Ubuntu: "
    "apt-get install chromium; Fedora: dnf install chromium; macOS: brew install --cask chromium) "
    "or name its program in CHROMIUM."
)


class NoChromium(RuntimeError):
    """No browser on this machine; the message says what to install."""


def find_chromium() -> str | None:
    """Path of the browser's program: `CHROMIUM` if set, else the first known name on PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return next((path for path in MAC_PATHS if Path(path).exists()), None)


def launch_options() -> dict[str, Any]:
    """Arguments for Playwright's `chromium.launch()`. Raises NoChromium."""
    path = find_chromium()
    if path is None:
        raise NoChromium(HOW_TO_GET_ONE)
    return {"executable_path": path, "headless": True, "args": list(FLAGS)}
