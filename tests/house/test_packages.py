"""What gets installed is pinned to the byte, and from nowhere in particular."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.txt", "requirements-dev.txt"]


def pins(name: str) -> dict[str, str]:
    """Package -> version of a lock file; several versions of one package are joined."""
    found: dict[str, str] = {}
    for package, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE):
        found[package] = f"{found[package]}, {version}" if package in found else version
    return found


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.asvs("15.1.2")
def test_every_package_has_a_version_and_a_hash(name: str) -> None:
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE).replace("\\\n", "")
    lines = text.splitlines()
    assert len(lines) > 30
    wrong = [
        line
        for line in lines
        if not re.fullmatch(r"[\w.-]+==\S+( ;[^#]+)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+", line)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_says_where_packages_come_from(name: str) -> None:
    assert re.findall(r"https?:|file:|--index|--find-links|--extra-index|@", (ROOT / name).read_text()) == []


def test_tests_run_on_the_versions_that_the_site_runs_on() -> None:
    development = pins("requirements-dev.txt")
    assert {name: development.get(name) for name in pins("requirements.txt")} == pins("requirements.txt")
