"""The goals, in one table: what a figure must not pass, and where the number comes from."""

from dataclasses import dataclass

from benchmarks.figures import Figure


@dataclass(frozen=True)
class Goal:
    """``at_most`` or ``at_least`` of the figure's ratio, or of the figure itself where it has no reference.

    ``times_less`` of a ratio: ours takes that many times less than the reference.
    """

    why: str
    at_most: float | None = None
    at_least: float | None = None
    times_less: float | None = None

    def is_met(self, figure: Figure) -> bool:
        return (
            (self.at_least is None or figure.judged >= self.at_least)
            and (self.at_most is None or figure.judged <= self.at_most)
            and (self.times_less is None or figure.judged * self.times_less <= 1)
        )

    @property
    def words(self) -> str:
        """ "≤ 1.15", "≥ 50,000", "9 x less"."""
        if self.at_least is not None:
            return f"≥ {self.at_least:,.6g}"
        return f"≤ {self.at_most:.6g}" if self.at_most is not None else f"{self.times_less:.3g} x less"


GOALS: dict[str, Goal] = {
    "Export, PostgreSQL / psql": Goal(
        "psql reads the rows and throws them away: less cannot be done. The rest is Python's share.", at_most=1.15
    ),
    "Export, PostgreSQL / Go": Goal(
        "A compiled program that reads rows in batches of keys into structs; ours leaves the lines to the database.",
        times_less=2,
    ),
    "Export, PostgreSQL / Django": Goal("An object a row is what most sites do.", times_less=9),
    "Export, PostgreSQL: first byte": Goal("Shorter than a click takes to be felt.", at_most=50),
    "Export, PostgreSQL: memory": Goal("A few buffers, whatever the number of rows.", at_most=2),
    "Export, SQLite / sqlite3": Goal(
        "The shell writes the same cells in C; each of ours passes through Python once.", at_most=1.8
    ),
    "Export, SQLite / datasette": Goal("The usual way to give a SQLite table out as CSV.", times_less=3),
    "Export, SQLite: first byte": Goal("Shorter than a click takes to be felt.", at_most=50),
    "Export, SQLite: memory": Goal("Some hundred rows and SQLite's own pages.", at_most=12),
    "Neighbours of three exports, PostgreSQL: p99 of a no-op page": Goal(
        "Whoever looks at a page must not notice that others export.", at_most=5
    ),
    "Neighbours of three exports, SQLite: p99 of a no-op page": Goal(
        "Whoever looks at a page must not notice that others export.", at_most=5
    ),
    "Import, PostgreSQL / COPY and merge": Goal(
        "COPY and one statement into a table with the same indexes, of rows that nobody has to look at.", at_most=1.25
    ),
    "Import, PostgreSQL: rows a second": Goal(
        "A file of a million contacts within the time of a cup of coffee: 20 seconds.", at_least=50_000
    ),
    "Import, PostgreSQL: memory": Goal("A batch of rows, whatever the size of the file.", at_most=32),
    "Contacts: first page": Goal("Read from an index in its order, with ten million contacts, too.", at_most=30),
    "Contacts: first page of a list and status": Goal("From the list's own index, in the same way.", at_most=30),
    "Contacts: back on a list of 100": Goal("A few keys, and then their contacts.", at_most=30),
    "Contacts: search, a common beginning": Goal("What one page needs of each index, merged.", at_most=30),
    "Guarded page / hello": Goal(
        "Session, user and account by one query, and the code that was entered: no more than that.", at_most=2.8
    ),
    "Guarded page, 25 rows / hello": Goal("The same with a table, by a template.", at_most=3.5),
    "Step-up check": Goal("It reads a row that is there already.", at_most=0.1),
    "Guarded page / Flask-Security": Goal("The usual way to ask for a fresh sign-in.", at_most=0.85),
    "Guarded page, 25 rows / Flask-Security": Goal("The same with a table, by a template.", at_most=0.85),
    "Sign-in, beyond its hash": Goal("The hash is dear on purpose; nothing else may be.", at_most=5),
    "Load, plain pages: a second": Goal(
        "500 pages come a second, and five sign-ins, to two processors: all are served.", at_least=495
    ),
    "Load, plain pages: errors": Goal("None.", at_most=0),
    "Flood: pages that failed": Goal("Who is signed in does not notice a flood of passwords.", at_most=0),
    "Flood: known browsers turned away": Goal("Who has been here before comes in first.", at_most=0),
}  # fmt: skip
