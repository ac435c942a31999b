"""The goals, in one table: what a figure must not pass, and where the number comes from."""

from dataclasses import dataclass

from benchmarks.figures import Figure


@dataclass(frozen=True)
class Goal:
    """``at_most`` or ``at_least`` of the figure's ratio, or of the figure itself where it has no reference."""

    why: str
    at_most: float | None = None
    at_least: float | None = None

    def is_met(self, figure: Figure) -> bool:
        low = self.at_least is None or figure.judged >= self.at_least
        return low and (self.at_most is None or figure.judged <= self.at_most)

    @property
    def words(self) -> str:
        """ "≤ 1.15", "≥ 50,000", or "9 x less" for a ratio far below one."""
        if self.at_least is not None:
            return f"≥ {self.at_least:,.6g}"
        assert self.at_most is not None  # for the type checker
        return f"≤ {self.at_most:.6g}" if self.at_most > 0.6 else f"{1 / self.at_most:.3g} x less"


def _less(times: float) -> float:
    return 1 / times


GOALS: dict[str, Goal] = {
    "Export, PostgreSQL / psql": Goal(
        "psql reads the rows and throws them away: less cannot be done. The rest is Python's share.", at_most=1.15
    ),
    "Export, PostgreSQL / Go": Goal(
        "A compiled program that reads rows in batches of keys into structs; ours leaves the lines to the database.",
        at_most=_less(2),
    ),
    "Export, PostgreSQL / Django": Goal("An object a row is what most sites do.", at_most=_less(9)),
    "Export, PostgreSQL: first byte": Goal("Shorter than a click takes to be felt.", at_most=50),
    "Export, PostgreSQL: memory": Goal("A few buffers, whatever the number of rows.", at_most=2),
    "Export, SQLite / sqlite3": Goal(
        "The shell writes the same cells in C; each of ours passes through Python once.", at_most=1.8
    ),
    "Export, SQLite / datasette": Goal("The usual way to give a SQLite table out as CSV.", at_most=_less(3)),
    "Export, SQLite: first byte": Goal("Shorter than a click takes to be felt.", at_most=50),
    "Export, SQLite: memory": Goal("Some hundred rows and SQLite's own pages.", at_most=12),
    "Import, PostgreSQL / COPY and merge": Goal(
        "COPY and one statement into a table with the same indexes, of rows that nobody has to look at.", at_most=1.25
    ),
    "Import, PostgreSQL: rows a second": Goal(
        "A file of a million contacts within the time of a cup of coffee: 20 seconds.", at_least=50_000
    ),
}  # fmt: skip
