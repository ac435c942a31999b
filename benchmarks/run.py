"""Contacts out and in, each beside the least that the database's own tools need for the same work.

    python benchmarks/run.py [--contacts 200000] [--rounds 3] [--strict]

CPU seconds, application and database together, median of interleaved rounds. The figures of one machine say little;
the ratios travel. Writes benchmarks/RESULTS.md.
"""

import argparse
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import sites
from benchmarks.cpu import Cost, cost_of
from tests.support.postgres import LocalServer
from tests.support.postgres_binaries import find_binaries

RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass
class Pair:
    """One job of ours and its reference. ``goal``: the highest ratio that is good."""

    name: str
    ours: Callable[[], Cost]
    reference: Callable[[], Cost]
    reference_name: str
    goal: float
    our_costs: list[Cost] = field(default_factory=list)
    their_costs: list[Cost] = field(default_factory=list)

    def round(self) -> None:
        self.our_costs.append(self.ours())
        self.their_costs.append(self.reference())

    @property
    def ratio(self) -> float:
        pairs = zip(self.our_costs, self.their_costs, strict=True)
        return statistics.median(ours.cpu / theirs.cpu for ours, theirs in pairs)

    def line(self, contacts: int) -> str:
        ours = statistics.median(cost.cpu for cost in self.our_costs)
        theirs = statistics.median(cost.cpu for cost in self.their_costs)
        first = min((cost.first_byte for cost in self.our_costs if cost.first_byte), default=None)
        rows = contacts / statistics.median(cost.wall for cost in self.our_costs)
        grown = max(cost.grown for cost in self.our_costs)
        return (
            f"| {self.name} | {ours:.2f} | {self.reference_name} | {theirs:.2f} | {self.ratio:.2f} | {self.goal:.2f} "
            f"| {rows / 1000:.0f}k | {f'{first * 1000:.0f}' if first else ''} | {grown / 1024:.0f} |"
        )


def postgres_pairs(server: LocalServer, folder: Path, contacts: int) -> list[Pair]:
    site = sites.Site(server.create_database("bench"), folder / "postgresql")
    site.fill(contacts)
    psql = str((find_binaries() or Path()) / "psql")
    if not Path(psql).exists():
        psql = shutil.which("psql") or ""
    if not psql:
        print(
            "psql was not found: the export on PostgreSQL has no reference and is left out", file=sys.stderr
        )
        return []
    postmaster = server.process_id()
    copy = f"COPY ({site.guarded_select()}) TO STDOUT (FORMAT csv, FORCE_QUOTE *);"
    script = folder / "copy.sql"
    script.write_text("SET jit = off; SET enable_sort = off; SET timezone = 'UTC';\n" + copy + "\n")
    command = [psql, "-qX", "-v", "ON_ERROR_STOP=1", "-f", str(script), server.conninfo("bench")]
    file = sites.csv_file(folder / "import.csv", contacts // 2)
    floor = sites.PlainMerge(server.conninfo("bench"), file)
    return [
        Pair(
            "Export, PostgreSQL",
            lambda: cost_of(site.export, postmaster),
            lambda: cost_of(lambda: sites.run(command), postmaster),
            "`psql`, `COPY` of the same statement",
            1.25,
        ),
        Pair(
            "Import (new), PostgreSQL",
            lambda: cost_of(lambda: site.import_file(file), postmaster, before=site.forget_imported),
            lambda: cost_of(floor.run, postmaster, before=floor.clear),
            "`COPY` + `INSERT … ON CONFLICT` of rows that are known to be good",
            1.25,
        ),
    ]


def sqlite_pairs(folder: Path, contacts: int) -> list[Pair]:
    path = folder / "sqlite" / "site.sqlite3"
    path.parent.mkdir()
    site = sites.Site(f"sqlite:///{path}", path.parent)
    site.fill(contacts)
    shell = shutil.which("sqlite3")
    if not shell:
        print("sqlite3 was not found: the export on SQLite has no reference and is left out", file=sys.stderr)
        return []
    command = [shell, "-csv", "-readonly", str(path), site.guarded_select()]
    return [
        Pair(
            "Export, SQLite",
            lambda: cost_of(site.export),
            lambda: cost_of(lambda: sites.run(command)),
            "`sqlite3 -csv` of the same statement",
            1.9,
        )
    ]


def table(pairs: list[Pair], contacts: int, rounds: int, version: str) -> str:
    head = (
        f"# Benchmarks\n\n`make bench`, {time.strftime('%Y-%m-%d')}: {contacts:,} contacts (imports: half of it), "
        f"{rounds} interleaved rounds, medians. CPU seconds of application and database together.\n"
        f"{platform.machine()}, Python {platform.python_version()}, PostgreSQL {version}, SQLite {sites.SQLITE}.\n\n"
        "| job | CPU s | reference | CPU s | ratio | goal | rows/s | first byte, ms | memory grew, MiB |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    )
    return head + "\n".join(pair.line(contacts) for pair in pairs) + "\n"


def _number(version: str) -> str:
    """ "postgres (PostgreSQL) 15.18 (Debian …)" -> "15.18"."""
    return next((word for word in version.split() if word[:1].isdigit()), version)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--strict", action="store_true", help="leave with status 1 when a goal is missed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, LocalServer() as server:
        folder = Path(scratch)
        (folder / "postgresql").mkdir()
        pairs = postgres_pairs(server, folder, given.contacts) + sqlite_pairs(folder, given.contacts)
        for number in range(given.rounds):
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr)
            for pair in pairs:
                pair.round()
        text = table(pairs, given.contacts, given.rounds, _number(server.version))
    RESULTS.write_text(text, encoding="utf-8")
    print(text)
    missed = [pair for pair in pairs if pair.ratio > pair.goal]
    for pair in missed:
        print(f"{pair.name}: {pair.ratio:.2f} is more than the goal of {pair.goal:.2f}", file=sys.stderr)
    return 1 if not pairs or (missed and given.strict) else 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except subprocess.CalledProcessError as fault:
        raise SystemExit(f"a reference failed: {fault}") from None
