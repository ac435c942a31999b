"""The short form: few rows, and the ratios beside those that a short form found before. A loss of a fifth fails.

``--keep`` puts down what to compare with; a full run leaves it alone.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from statistics import median

from benchmarks.figures import Figure
from benchmarks.report import MACHINE

JOBS = ("export-postgres", "import-postgres", "export-sqlite")
ROWS = 100_000
IMPORT_ROWS = 15_000
ROUNDS = 3
LOSS = 1.2
TRIES = 3
Measure = Callable[[], list[Figure]]


def worse(figures: Iterable[Figure], kept: Mapping[str, float], allowed: float = LOSS) -> dict[str, str]:
    """{name: a sentence} for each ratio that is higher than the kept one by more than ``allowed``, or has none."""
    found = {}
    for name, ratio in ratios(figures).items():
        if name not in kept:
            found[name] = f"{name}: no ratio is kept to compare with (--short --keep puts it down)"
        elif ratio > kept[name] * allowed:
            found[name] = f"{name}: the ratio is {ratio:.2f}, and was {kept[name]:.2f}"
    return found


def ratios(figures: Iterable[Figure]) -> dict[str, float]:
    return {figure.name: round(figure.ratio, 3) for figure in figures if figure.ratio is not None}


def kept_ratios() -> dict[str, float]:
    """What a short form found: with few rows, what is done once weighs more than in a full run."""
    return dict(json.loads(MACHINE.read_text(encoding="utf-8"))["short"])


def keep(measure: Measure) -> int:
    """The median of some tries: the best of them is a moment that a comparison may not meet again."""
    tries = [ratios(measure()) for _ in range(TRIES)]
    usual = {name: median(one.get(name, ratio) for one in tries) for name, ratio in tries[0].items()}
    told = json.loads(MACHINE.read_text(encoding="utf-8")) | {"short": usual}
    MACHINE.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, ratio in usual.items():
        print(f"{name}: {ratio:.2f} is kept")
    return 0


def compare(measure: Measure, *, whole: bool = True) -> int:
    """Measured again before it fails: a busy machine has bad moments, a real loss is there every time.

    ``whole``: a kept ratio that was not measured fails, too.
    """
    kept, found = kept_ratios(), dict[str, str]()
    for number in range(TRIES):
        figures = measure()
        measured = ratios(figures)
        for name, ratio in measured.items():
            print(f"{name}: {ratio:.2f} (was {kept.get(name, float('nan')):.2f})")
        again = worse(figures, kept)
        if whole:
            again |= {name: f"{name}: not measured" for name in kept.keys() - measured.keys()}
        found = again if number == 0 else {name: again[name] for name in found if name in again}
        if not found:
            return 0
    for line in found.values():
        print(line, file=sys.stderr)
    return 1
