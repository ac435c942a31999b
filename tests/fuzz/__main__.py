"""The longer run: ``python -m tests.fuzz --steps 50000 [--seed N]``; ``--holes [NAME ...]``: that it can fail."""

import argparse
import logging
import secrets
import sys
import tempfile
from pathlib import Path

from tests.conftest import _migrate
from tests.fuzz.holes import HOLES, hole
from tests.fuzz.running import fuzz, on_sqlite
from tests.fuzz.tally import Tally

_STEPS = 50


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--steps", type=int, default=50_000)
    arguments.add_argument("--seed", type=int)
    arguments.add_argument("--holes", nargs="*")
    chosen = arguments.parse_args()
    logging.disable(logging.ERROR)  # of a database that is read-only on purpose
    with tempfile.TemporaryDirectory() as place:
        instance = Path(place)
        migrated = instance / "head.sqlite3"
        _migrate(f"sqlite:///{migrated}", instance)
        if chosen.holes is not None:
            return _dig(chosen.holes or sorted(HOLES), migrated, instance, chosen.steps)
        seed = chosen.seed if chosen.seed is not None else secrets.randbelow(2**32)
        _say(f"seed {seed}")
        tally = Tally()
        try:
            fuzz(on_sqlite(migrated, instance), max(1, chosen.steps // _STEPS), _STEPS, tally, seed=seed)
        finally:
            _say(f"seed {seed}: {tally.figures()}")
    return 0


def _dig(names: list[str], migrated: Path, instance: Path, steps: int) -> int:
    missed = 0
    for name in names:
        tally = Tally()
        with hole(name):
            try:
                fuzz(on_sqlite(migrated, instance), max(1, steps // _STEPS), _STEPS, tally)
            except (AssertionError, ExceptionGroup) as found:
                what = (str(found).splitlines() or ["an assertion"])[0]
                _say(f"{name}: found in {tally.figures()}: {what[:200]}")
            else:
                missed += 1
                _say(f"{name}: NOT found in {tally.figures()}")
    return min(1, missed)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # what a command says


if __name__ == "__main__":
    sys.exit(main())
