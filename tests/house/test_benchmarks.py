"""What the benchmarks say of figures: which goal is missed, and what got worse."""

import json

from sqlalchemy import func, select

from benchmarks import filling, report, short
from benchmarks.cpu import Cost
from benchmarks.figures import Contestant, Figure, Race
from benchmarks.goals import GOALS
from benchmarks.run import ALONE, JOBS
from extensions import db
from models import Contact
from tests.support.site import Site

PSQL = "Export, PostgreSQL / psql"


def figure(ratio: float) -> Figure:
    return Figure(PSQL, 2.5, "CPU s", "psql", 2.3, ratio)


def test_a_ratio_is_the_median_of_the_pairs_and_rows_are_scaled() -> None:
    costs = iter([3.0, 1.0, 2.0, 1.0, 9.0, 1.0])
    race = Race(
        "Job",
        Contestant("ours", lambda: Cost(next(costs), 1), rows=1000),
        [Contestant("peer", lambda: Cost(next(costs), 1), rows=500)],
    )
    for _ in range(3):
        race.round()
    [found] = race.figures()
    assert (found.name, found.ours, found.reference, found.ratio) == ("Job / peer", 3000, 2000, 1.5)


def test_a_missed_goal_is_told_and_a_met_one_is_not() -> None:
    assert report.missed([figure(1.15)]) == []
    assert report.missed([figure(1.16)]) == [f"{PSQL}: 1.16, and the goal is ≤ 1.15"]
    slow = Figure("Import, PostgreSQL: rows a second", 40_000, "rows/s")
    assert report.missed([slow]) == [f"{slow.name}: 40,000 rows/s, and the goal is ≥ 50,000"]


def test_a_goal_without_a_figure_is_told_as_not_measured() -> None:
    assert PSQL not in report.unmeasured([figure(1)], only=())
    assert set(report.unmeasured([], only=())) == set(GOALS)


def test_a_loss_of_a_fifth_fails_and_noise_does_not() -> None:
    assert short.worse([figure(1.19)], {PSQL: 1.0}) == []
    assert short.worse([figure(1.21)], {PSQL: 1.0}) != []


def test_what_was_worse_once_and_not_again_is_no_loss() -> None:
    last = short.last_ratios()[PSQL]
    turns = iter([last * 2, last])
    assert short.compare(lambda: [figure(next(turns))]) == 0
    assert short.compare(lambda: [figure(last * 2)]) == 1


def test_the_short_form_has_something_to_compare_with() -> None:
    kept = json.loads(report.MACHINE.read_text(encoding="utf-8"))["short"]
    assert set(short.JOBS) <= set(JOBS)
    assert len(kept) >= len(short.JOBS)
    assert not set(JOBS) & set(ALONE)


def test_contacts_can_be_made_by_the_handful(site: Site) -> None:
    account, _ = site.world.acme()
    filling.fill(site, account, 3)
    with site.context():
        assert db.session.scalar(select(func.count(Contact.id))) == 3
