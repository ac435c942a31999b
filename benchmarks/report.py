"""RESULTS.md for people, results.json for the short form: the figures of a run beside their goals."""

import json
import os
import platform
import sqlite3
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.goals import GOALS
from benchmarks.jobs import Setting
from benchmarks.peers import go, versions

RESULTS = Path(__file__).with_name("RESULTS.md")
MACHINE = Path(__file__).with_name("results.json")

_HEAD = """# Benchmarks

{command}, {date}: exports of {rows:,} contacts ({slow:,} and fewer of slow peers, scaled), imports of {imported:,},
{rounds} interleaved rounds, medians; a ratio is the median of the pairs. CPU seconds are of application and database
together, per million rows. {machine}, load {load:.1f} before.

{versions}

| figure | ours | reference | reference's | ratio | goal | met |
| --- | --- | --- | --- | --- | --- | --- |
"""


def missed(figures: Iterable[Figure]) -> list[str]:
    """A sentence for each goal that is not met."""
    found = []
    for figure in figures:
        goal = GOALS.get(figure.name)
        if goal is not None and not goal.is_met(figure):
            found.append(f"{figure.name}: {_judged(figure)}, and the goal is {goal.words}")
    return found


def unmeasured(figures: Iterable[Figure], only: Sequence[str]) -> list[str]:
    """Goals without a figure in a run of everything."""
    return [] if only else sorted(GOALS.keys() - {figure.name for figure in figures})


def markdown(figures: Sequence[Figure], setting: Setting, load: float, command: str) -> str:
    head = _HEAD.format(
        command=f"`{command}`", date=time.strftime("%Y-%m-%d %H:%M"), rows=setting.rows, slow=setting.slow_rows,
        imported=setting.import_rows, rounds=setting.rounds, machine=_machine(), load=load,
        versions=", ".join(f"{name} {number}" for name, number in all_versions(setting).items()) + ".",
    )  # fmt: skip
    text = head + "\n".join(map(_line, figures)) + "\n"
    without = unmeasured(figures, ())
    if without or setting.left_out:
        text += "\nNot measured in this run:\n\n" + "".join(
            f"- {line}\n" for line in [*setting.left_out, *without]
        )
    text += "\nWhere the goals come from:\n\n"
    return text + "".join(f"- {name}, {goal.words}: {goal.why}\n" for name, goal in GOALS.items())


def as_json(figures: Sequence[Figure], setting: Setting, load: float, short: dict[str, float]) -> str:
    told = {
        "date": time.strftime("%Y-%m-%d"), "machine": _machine(), "load before": load, "rows": setting.rows,
        "versions": all_versions(setting), "figures": [asdict(figure) for figure in figures], "short": short,
    }  # fmt: skip
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def all_versions(setting: Setting) -> dict[str, str]:
    found = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    if "postgres" in vars(setting):  # only where a job needed one
        found["PostgreSQL"] = next(
            (word for word in setting.postgres.version.split() if word[:1].isdigit()),
            setting.postgres.version,
        )
    return found | ({} if setting.short else {"Go": go.version().removeprefix("go"), **versions()})


def _line(figure: Figure) -> str:
    goal = GOALS.get(figure.name)
    met = "" if goal is None else ("yes" if goal.is_met(figure) else "**no**")
    words = goal.words if goal else ""
    reference = "" if figure.reference is None else _number(figure.reference)
    ratio = "" if figure.ratio is None else _judged(figure)
    return (
        f"| {figure.name} | {_number(figure.ours)} {figure.unit} | {figure.reference_name} | {reference} | {ratio} "
        f"| {words} | {met} |"
    )


def _judged(figure: Figure) -> str:
    if figure.ratio is None:
        return f"{_number(figure.ours)} {figure.unit}"
    return f"{figure.ratio:.2f}" if figure.ratio > 0.6 else f"{1 / figure.ratio:.1f} x less"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _machine() -> str:
    try:
        said = subprocess.run(["lscpu"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        said = ""
    model = next(
        (line.split(":", 1)[1].strip() for line in said.splitlines() if line.startswith("Model name")), ""
    )
    return f"{os.cpu_count()} processors, {model or platform.machine()}, {platform.system()}"
