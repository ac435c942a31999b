"""The short form: few rows, and the ratios beside those of the last full run. A loss of a fifth fails."""

import json
import sys
from collections.abc import Callable, Iterable

from benchmarks.figures import Figure
from benchmarks.report import MACHINE

JOBS = ("export-postgres", "import-postgres", "export-sqlite")
ROWS = 100_000
IMPORT_ROWS = 15_000
ROUNDS = 3
LOSS = 1.2
TRIES = 3


def worse(figures: Iterable[Figure], last: dict[str, float], allowed: float = LOSS) -> list[str]:
    """A sentence for each ratio that is higher than in the last full run by more than ``allowed``."""
    return [
        f"{figure.name}: the ratio is {figure.ratio:.2f}, and was {last[figure.name]:.2f}"
        for figure in figures
        if figure.ratio is not None and figure.name in last and figure.ratio > last[figure.name] * allowed
    ]


def last_ratios() -> dict[str, float]:
    """What a full run found with as few rows as here: what is done once a file weighs more then."""
    kept = json.loads(MACHINE.read_text(encoding="utf-8"))
    return dict(kept["short"])


def ratios(figures: Iterable[Figure]) -> dict[str, float]:
    return {figure.name: round(figure.ratio, 3) for figure in figures if figure.ratio is not None}


def compare(measure: Callable[[], list[Figure]]) -> int:
    """Measured again before it fails: a busy machine has bad moments, a real loss is there every time."""
    last, found = last_ratios(), list[str]()
    for number in range(TRIES):
        figures = measure()
        for figure in figures:
            if figure.ratio is not None:
                print(f"{figure.name}: {figure.ratio:.2f} (was {last.get(figure.name, float('nan')):.2f})")
        again = worse(figures, last)
        found = again if number == 0 else [line for line in again if _name(line) in map(_name, found)]
        if not found:
            return 0
    for line in found:
        print(line, file=sys.stderr)
    return 1


def _name(line: str) -> str:
    return line.partition(": the ratio")[0]
