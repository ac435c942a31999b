"""What every benchmark gives: figures, each by itself or beside a reference that was measured in the same rounds."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.cpu import Cost


class LeftOut(Exception):
    """Something that a job needs is not there; the words say what. Its goals count as not measured."""


@dataclass(frozen=True)
class Figure:
    """``name`` finds the goal. ``ratio`` is the median of ours/theirs over interleaved pairs; None for a figure that
    stands by itself, such as milliseconds or MiB."""

    name: str
    ours: float
    unit: str
    reference_name: str = ""
    reference: float | None = None
    ratio: float | None = None

    @property
    def judged(self) -> float:
        """What its goal bounds: the ratio, or the figure itself."""
        return self.ours if self.ratio is None else self.ratio


@dataclass(frozen=True)
class Contestant:
    """``rows``: how much work ``run`` does; slow ones do less, and their seconds are scaled."""

    name: str
    run: Callable[[], Cost]
    rows: int
    reference_name: str = ""


@dataclass
class Race:
    """One job of ours and its references, each once a round, one after the other."""

    job: str
    ours: Contestant
    references: Sequence[Contestant]
    unit: str = "CPU s a million rows"
    costs: dict[str, list[Cost]] = field(default_factory=dict)

    def round(self) -> None:
        for one in (self.ours, *self.references):
            self.costs.setdefault(one.name, []).append(one.run())

    def per_million(self, of: Contestant) -> list[float]:
        return [cost.cpu / of.rows * 1e6 for cost in self.costs[of.name]]

    def figures(self) -> list[Figure]:
        ours = self.per_million(self.ours)
        found = []
        for one in self.references:
            theirs = self.per_million(one)
            ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
            found.append(
                Figure(
                    f"{self.job} / {one.name}", statistics.median(ours), self.unit, one.reference_name or one.name,
                    statistics.median(theirs), ratio,
                )
            )  # fmt: skip
        return found

    def of_ours(self, what: Callable[[Cost], float]) -> float:
        return statistics.median(what(cost) for cost in self.costs[self.ours.name])
