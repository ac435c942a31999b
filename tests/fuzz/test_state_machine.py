"""The whole site, fuzzed: people, attackers, support, clock and faults in any order; the invariants after each step.

``make fuzz STEPS=50000`` runs it for longer and with another seed; ``make fuzz-check`` digs all the holes.
"""

from pathlib import Path

import pytest

from tests.fuzz.holes import hole
from tests.fuzz.running import fuzz, on_postgres, on_sqlite
from tests.fuzz.tally import Tally
from tests.support.postgres_databases import Server

STEPS = 50
INVARIANTS = ("A1", "A3", "A4", "A8", "B2", "B4", "C1", "C3", "C4", "C6", "C7", "D3", "D4", "E1", "E3", "E6", "F1",
              "F6", "F7", "F8", "F11", "X2", "X4", "X6")  # fmt: skip


@pytest.mark.slow
@pytest.mark.threat(*INVARIANTS)
def test_the_invariants_hold_after_each_of_over_a_thousand_steps(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    tally = fuzz(on_sqlite(migrated_sqlite, tmp_path), 28, STEPS)
    print(tally.figures())  # noqa: T201  # pytest -rP shows it
    assert tally.steps >= 1200
    assert tally.endpoints() >= 55


@pytest.mark.slow
@pytest.mark.threat(*INVARIANTS)
def test_the_invariants_hold_on_postgresql_too(
    postgres_server: Server, migrated_postgres: str, tmp_path: Path
) -> None:
    with on_postgres(postgres_server, migrated_postgres, tmp_path) as prepare:
        tally = fuzz(prepare, 6, STEPS)
    print(tally.figures())  # noqa: T201  # pytest -rP shows it
    assert tally.steps >= 200


#: The invariant that each hole breaks: another's scope opens files (2), and changes people and accounts (3).
BROKEN = {"half_is_enough": "1", "token_stays": "1", "any_scope": "[23]"}


@pytest.mark.parametrize("name", BROKEN)
def test_the_machine_finds_a_hole_that_was_dug_on_purpose(
    migrated_sqlite: Path, tmp_path: Path, name: str
) -> None:
    tally = Tally()
    prepare = on_sqlite(migrated_sqlite, tmp_path)
    with hole(name), pytest.raises(AssertionError, match=f"^invariant {BROKEN[name]}: "):
        fuzz(prepare, 80, STEPS, tally)
    assert tally.steps < 4000
