"""`make audit`: asks pip-audit for known holes in the pinned packages, and says plainly what it could not ask.

Fails only on a report that names a hole. A database that cannot be reached, or does not know a package, is told and
fails nothing: it is no proof of a hole, and none of their absence either. Holes that are accepted for a while stand in
scripts/accepted_advisories.toml, each with a reason and a last day.
"""

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from services.clock import now

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-dev.txt"  # holds all of requirements.txt, at the same versions
ACCEPTED = ROOT / "scripts" / "accepted_advisories.toml"
#: Seconds for all questions together: a network that swallows them must not hold a build.
PATIENCE = 120


@dataclass(frozen=True)
class Accepted:
    """A hole that is lived with until ``until`` (inclusive), and why."""

    id: str
    package: str
    reason: str
    until: date


@dataclass(frozen=True)
class Hole:
    package: str
    version: str
    id: str
    names: frozenset[str]
    fixed_in: str

    def __str__(self) -> str:
        mended = f"fixed in {self.fixed_in}" if self.fixed_in else "no fixed version yet"
        return f"{self.package} {self.version}: {self.id}, {mended}"


@dataclass
class Report:
    """What was found. ``fault`` is why there is no report at all; "" when there is one."""

    judged: list[str] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    fault: str = ""


def ask(command: list[str], patience: float = PATIENCE) -> Report:
    """Run pip-audit with its report on stdout; whatever goes wrong is in ``fault``."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        return Report(fault=f"no answer within {patience:.0f} s")
    except OSError as fault:
        return Report(fault=f"pip-audit cannot be run ({type(fault).__name__})")
    try:
        return read(json.loads(done.stdout))
    except (ValueError, KeyError, TypeError, AttributeError):
        said = done.stderr.strip().splitlines() or ["nothing"]
        return Report(
            fault=f"pip-audit ended with {done.returncode} and no report; its last line: {said[-1][:200]}"
        )


def read(answer: dict[str, Any]) -> Report:
    """pip-audit's JSON form. Raises what a wrong shape raises."""
    report = Report()
    for package in answer["dependencies"]:
        if "vulns" not in package:
            report.not_judged.append(package["name"])
            continue
        report.judged.append(package["name"])
        for found in package["vulns"]:
            names = frozenset([found["id"], *found.get("aliases", [])])
            fixes = ", ".join(found.get("fix_versions", []))
            report.holes.append(Hole(package["name"], package["version"], found["id"], names, fixes))
    return report


def accepted(path: Path) -> list[Accepted]:
    """Raises ValueError for an entry without id, package, reason or last day."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", [])
    for entry in entries:
        for name in ("id", "package", "reason", "until"):
            if not entry.get(name):
                raise ValueError(f"{path.name}: {entry.get('id', 'an entry')} has no {name}")
    return [Accepted(one["id"], one["package"], one["reason"], one["until"]) for one in entries]


def verdict(report: Report, lived_with: list[Accepted], today: date) -> tuple[list[str], int]:
    """Lines to print, and the exit status: 1 only where a hole is known and not accepted."""
    if report.fault or not report.judged:
        why = report.fault or f"it knows none of the {len(report.not_judged)} packages"
        return [
            f"The advisory database could not be asked: {why}.",
            "Whether the pinned packages have known holes is NOT known. Run `make audit` where it can be reached.",
        ], 0
    lines: list[str] = []
    status = 0
    for hole in report.holes:
        waived = next(
            (one for one in lived_with if one.id in hole.names and one.package == hole.package), None
        )
        if waived and today <= waived.until:
            lines.append(f"accepted until {waived.until}: {hole} ({waived.reason})")
        else:
            lines.append(f"HOLE: {hole}" + (f" (was accepted until {waived.until})" if waived else ""))
            status = 1
    if report.not_judged:
        lines.append(
            f"{len(report.not_judged)} packages are not known to the database: {', '.join(report.not_judged)}"
        )
    lines.append(f"{len(report.judged)} packages judged, {len(report.holes)} known holes.")
    return lines, status


def main() -> int:
    command = [
        os.environ.get("PIP_AUDIT") or str(Path(sys.executable).with_name("pip-audit")),
        "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--timeout", "10",
        "--format", "json", "--requirement", str(LOCK),
    ]  # fmt: skip
    lines, status = verdict(ask(command), accepted(ACCEPTED), now().date())
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
