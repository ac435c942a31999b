"""Known holes, secrets in the tree, the list of what a release is made of, and what the linter is told to overlook."""

import json
import re
import subprocess
import sys
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from scripts import audit_dependencies, sbom, scan_secrets
from scripts.audit_dependencies import Accepted, Report, ask, verdict

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 24)
HOLED = {
    "dependencies": [
        {"name": "whole", "version": "1.0", "vulns": []},
        {
            "name": "holed", "version": "2.0",
            "vulns": [{"id": "PYSEC-2026-7", "aliases": ["CVE-2026-7"], "fix_versions": ["2.1"]}],
        },
        {"name": "strange", "skip_reason": "not found"},
    ]
}  # fmt: skip


def saying(text: str, status: int = 0) -> list[str]:
    """A program in pip-audit's place."""
    return [sys.executable, "-c", f"print({text!r}); raise SystemExit({status})"]


@pytest.mark.asvs("15.2.1")
def test_a_known_hole_fails_the_build_and_is_named() -> None:
    lines, status = verdict(ask(saying(json.dumps(HOLED), 1)), [], TODAY)
    assert status == 1
    assert "HOLE: holed 2.0: PYSEC-2026-7, fixed in 2.1" in lines
    assert "1 packages are not known to the database: strange" in lines


@pytest.mark.asvs("15.2.1")
def test_packages_without_holes_pass() -> None:
    whole = {"dependencies": HOLED["dependencies"][:1]}
    assert verdict(ask(saying(json.dumps(whole))), [], TODAY) == (["1 packages judged, 0 known holes."], 0)


@pytest.mark.parametrize(
    "command",
    [
        saying("", 1), saying("<html>Bad gateway</html>"), saying("[]"), saying('{"dependencies": 3}', 1),
        saying('{"dependencies": []}'), saying('{"dependencies": [{"name": "a", "skip_reason": "not found"}]}'),
        ["/no/such/program"], [sys.executable, "-c", "import time; time.sleep(60)"],
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_asked_is_told_and_fails_nothing(command: list[str]) -> None:
    lines, status = verdict(ask(command, patience=5), [], TODAY)
    assert status == 0
    assert lines[0].startswith("The advisory database could not be asked: ")
    assert "is NOT known" in lines[1]
    assert not [line for line in lines if "judged" in line]


@pytest.mark.asvs("15.1.1", "15.2.1")
@pytest.mark.parametrize("name", ["PYSEC-2026-7", "CVE-2026-7"])
@pytest.mark.parametrize(("package", "days", "status"), [("holed", 0, 0), ("holed", -1, 1), ("other", 5, 1)])
def test_a_hole_is_lived_with_until_its_last_day(name: str, package: str, days: int, status: int) -> None:
    waiver = Accepted(name, package, "not reached", TODAY + timedelta(days=days))
    assert verdict(ask(saying(json.dumps(HOLED), 1)), [waiver], TODAY)[1] == status


@pytest.mark.parametrize("missing", ["id", "package", "reason", "until"])
def test_an_accepted_hole_needs_its_reason_and_last_day(tmp_path: Path, missing: str) -> None:
    entry = {"id": '"X-1"', "package": '"holed"', "reason": '"not reached"', "until": "2026-12-31"}
    del entry[missing]
    file = tmp_path / "accepted.toml"
    file.write_text("[[accepted]]\n" + "\n".join(f"{name} = {value}" for name, value in entry.items()))
    with pytest.raises(ValueError, match=missing):
        audit_dependencies.accepted(file)


def test_the_list_of_accepted_holes_can_be_read() -> None:
    assert all(one.until.year >= 2026 for one in audit_dependencies.accepted(audit_dependencies.ACCEPTED))
    assert Report().fault == ""


# Put together here, so that the scan of this file finds nothing.
PLANTED = {
    "AWS Access Key": "aws = 'AKIA" + "IOSFODNN7EXAMPLX'",
    "Private Key": "-----BEGIN " + "PRIVATE KEY-----\nMIIEvQIBADANBgkq\n",
    "Secret Keyword": 'smtp_password = "Zk8' + 'wQ2xLr9"',
    "Basic Auth Credentials": "url = 'postgresql://app:Zk8" + "wQ2xLr9@db/name'",
    "Base64 High Entropy String": 'key = "bGl0dGxl' + 'c2VjcmV0OTIzNDg3NVpRd0xQbVhKa2U4"',
}


@pytest.mark.asvs("13.3.1")
@pytest.mark.threat("I5")
@pytest.mark.parametrize("kind", list(PLANTED))
@pytest.mark.parametrize("place", ["services/new.py", "docs/new.md", "deploy/new.env"])
def test_a_planted_secret_is_found(tmp_path: Path, kind: str, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir()
    path.write_text(PLANTED[kind] + "\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    found = scan_secrets.scan(tmp_path, scan_secrets.files(tmp_path))
    rules = scan_secrets.allowed(scan_secrets.ALLOWED)
    assert kind in {one.kind for one in found if not any(rule.covers(one) for rule in rules)}


@pytest.mark.parametrize("kind", ["AWS Access Key", "Private Key", "Base64 High Entropy String"])
def test_tests_may_hold_invented_passwords_and_no_keys(tmp_path: Path, kind: str) -> None:
    (tmp_path / "tests").mkdir()
    for name, text in (("key.py", PLANTED[kind]), ("word.py", PLANTED["Secret Keyword"])):
        (tmp_path / "tests" / name).write_text(text + "\n")
    rules = scan_secrets.allowed(scan_secrets.ALLOWED)
    found = scan_secrets.scan(tmp_path, ["tests/key.py", "tests/word.py"])
    assert {one.path for one in found if not any(rule.covers(one) for rule in rules)} == {"tests/key.py"}


def test_what_the_scan_overlooks_says_why(tmp_path: Path) -> None:
    file = tmp_path / "allowed.toml"
    file.write_text('[[allowed]]\npath = "*"\nkinds = ["Private Key"]\n')
    with pytest.raises(ValueError, match="why"):
        scan_secrets.allowed(file)


@pytest.mark.asvs("15.1.2")
def test_the_list_of_a_release_names_every_pinned_package_and_vendored_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    listed = sbom.sbom()
    components = {(one["name"], one["version"]): one for one in listed["components"]}
    assert len(pins) > 30
    assert set(pins) <= set(components)
    hashes = [ref["hashes"] for ref in components[pins[0]]["externalReferences"]]
    assert hashes
    files = {file["name"] for one in listed["components"] for file in one.get("components", [])}
    assert {
        str(path.relative_to(ROOT)) for path in (ROOT / "static/vendor").glob("*/*") if path.is_file()
    } == files
    assert sbom.sbom() == listed


#: Overlooking a rule of bandit's names its number, and why it may, in a second comment.
_OVERLOOKED = re.compile(r"# noqa: [^#]*\bS\d{3}")
_WITH_REASON = re.compile(r"# noqa: [A-Z0-9, ]*\bS\d{3}[A-Z0-9, ]*  # \S.{5,}")


def test_every_security_rule_overlooked_outside_tests_says_why() -> None:
    unsaid: list[str] = []
    for name in scan_secrets.files(ROOT):
        if not name.endswith(".py") or name.startswith("tests/"):
            continue
        for number, line in enumerate((ROOT / name).read_text().splitlines(), start=1):
            if _OVERLOOKED.search(line) and not _WITH_REASON.search(line):
                unsaid.append(f"{name}:{number}: {line.strip()}")
            if re.search(r"#\s*(noqa\s*$|ruff: noqa|nosec)", line):
                unsaid.append(f"{name}:{number}: overlooks everything")
    assert unsaid == []


def test_bandits_rules_are_on_and_every_folder_that_is_let_off_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    lint = tomllib.loads(text)["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert not [rule for rule in lint["ignore"] if re.match(r"S\d|S$", rule)]
    for folder, rules in lint["per-file-ignores"].items():
        if any(re.match(r"S\d", rule) for rule in rules):
            line = next(line for line in text.splitlines() if line.startswith(f'"{folder}"'))
            assert re.search(r"\]  # .{10,}", line), f"{folder} does not say why"
            assert not folder.startswith(("blueprints", "models")), folder
