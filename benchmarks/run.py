"""Every heavy job beside the least it could cost, and beside others who do the same.

    python -m benchmarks.run [--rows 1000000] [--rounds 5] [--only export-postgres …] [--large | --short [--keep]]

CPU seconds, application and database together, interleaved, medians. The seconds of one machine say little; the ratios
travel. Writes benchmarks/RESULTS.md and results.json when everything was measured, and exits 1 when a goal is missed
or was not measured. ``--large``: ten million contacts, the export beside psql and the pages. ``--short``: few rows,
compared with what results.json keeps of a short form; ``--keep`` puts that down.
"""

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import report, short
from benchmarks.figures import Figure, LeftOut
from benchmarks.jobs import Job, Setting

#: Jobs that go round by round, by where they are; their class is made with the setting.
JOBS = {
    "export-postgres": "benchmarks.export_postgres:ExportPostgres",
    "import-postgres": "benchmarks.import_postgres:ImportPostgres",
    "export-sqlite": "benchmarks.export_sqlite:ExportSqlite",
    "contact-pages": "benchmarks.contact_pages:ContactPages",
}
#: Jobs that measure on their own: ``figures(rounds)``.
ALONE = {
    "pages": "benchmarks.pages:figures",
    "neighbours": "benchmarks.export_neighbours:figures",
}
LARGE = 10_000_000


def main() -> int:
    given = _arguments()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        setting = _setting(given, Path(folder), stack)
        if given.short:
            few = lambda: _short(given.only)  # noqa: E731
            return short.keep(few) if given.keep else short.compare(few, whole=not given.only)
        only = given.only or (["export-postgres", "contact-pages"] if given.large else [])
        figures = measure(setting, only or [*JOBS, *ALONE])
        text = report.markdown(figures, setting, load, f"make {'bench-large' if given.large else 'bench'}")
        print(text)
        missed, without = report.missed(figures), report.unmeasured(figures, only)
        if not only and not without:
            kept = short.kept_ratios()
            report.RESULTS.write_text(text, encoding="utf-8")
            report.MACHINE.write_text(report.as_json(figures, setting, load, kept), encoding="utf-8")
    for line in [*missed, *(f"{name}: not measured" for name in without)]:
        print(line, file=sys.stderr)
    if without:
        print("RESULTS.md stays as it was: not every goal was measured", file=sys.stderr)
    return 1 if missed or without or setting.left_out else 0


def measure(setting: Setting, names: list[str]) -> list[Figure]:
    """Those of the rounds first, in turn; then the others, which want the machine to themselves."""
    jobs: dict[str, Job] = {}
    for name in names:
        if name in JOBS:
            with _or_left_out(setting, name):
                _say(f"{name}: preparing")
                jobs[name] = _of(JOBS[name])(setting)
    for number in range(setting.rounds):
        for name, job in jobs.items():
            _say(f"round {number + 1} of {setting.rounds}: {name}")
            job.round()
    figures = [figure for job in jobs.values() for figure in job.figures()]
    for name in names:
        if name in ALONE:
            with _or_left_out(setting, name):
                _say(f"{name}: measuring")
                figures += _of(ALONE[name])(setting.rounds, short=setting.short)
    return figures


def _short(only: list[str]) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        setting = Setting(Path(folder), stack, short.ROWS, 0, short.IMPORT_ROWS, short.ROUNDS, short=True)
        return measure(setting, only or list(short.JOBS))


@contextmanager
def _or_left_out(setting: Setting, name: str) -> Iterator[None]:
    try:
        yield
    except LeftOut as why:
        setting.left_out.append(f"{name}: {why}")
        _say(setting.left_out[-1])


def _of(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _setting(given: argparse.Namespace, folder: Path, stack: ExitStack) -> Setting:
    rows = given.rows or (LARGE if given.large else 1_000_000)
    rounds = given.rounds or (3 if given.large else 5)
    return Setting(
        folder,
        stack,
        rows,
        slow_rows=min(rows, 100_000),
        import_rows=min(rows, 300_000),
        rounds=rounds,
        large=given.large,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, help="contacts of the exports")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", nargs="*", default=[], choices=[*JOBS, *ALONE])
    parser.add_argument(
        "--large", action="store_true", help="ten million rows: memory and ratio of the export, and pages"
    )
    parser.add_argument(
        "--short", action="store_true", help="few rows, compared with the ratios that are kept"
    )
    parser.add_argument("--keep", action="store_true", help="with --short: keep the ratios instead")
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except subprocess.CalledProcessError as fault:
        raise SystemExit(f"a reference failed: {fault}") from None
