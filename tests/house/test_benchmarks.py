"""What the benchmarks say of figures: which goal is missed, and what got worse."""

from importlib import import_module

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
    assert short.worse([figure(1.19)], {PSQL: 1.0}) == {}
    assert short.worse([figure(1.21)], {PSQL: 1.0}).keys() == {PSQL}


def test_what_was_worse_once_and_not_again_is_no_loss() -> None:
    kept = short.kept_ratios()[PSQL]
    turns = iter([kept * 2, kept])
    assert short.compare(lambda: [figure(next(turns))], whole=False) == 0
    assert short.compare(lambda: [figure(kept * 2)], whole=False) == 1


def test_a_figure_that_is_missing_on_either_side_fails() -> None:
    unknown = Figure("Export / nobody", 1, "CPU s", "nobody", 1, 1)
    assert short.worse([unknown], {PSQL: 1.0}).keys() == {unknown.name}
    kept = short.kept_ratios()
    assert short.compare(lambda: [figure(kept[PSQL])]) == 1  # the others were not measured
    everything = [Figure(name, 1, "CPU s", "", 1, ratio) for name, ratio in kept.items()]
    assert short.compare(lambda: everything) == 0
    assert short.compare(lambda: [*everything, unknown]) == 1


def test_the_short_form_has_exactly_its_own_figures_to_compare_with() -> None:
    of_jobs = {job: import_module(place.partition(":")[0]).NAME for job, place in JOBS.items()}
    kept = short.kept_ratios().keys()
    assert {name.partition(" / ")[0] for name in kept} == {of_jobs[job] for job in short.JOBS}
    assert kept <= GOALS.keys()
    assert not set(JOBS) & set(ALONE)


def test_contacts_can_be_made_by_the_handful(site: Site) -> None:
    account, _ = site.world.acme()
    filling.fill(site, account, 3)
    with site.context():
        assert db.session.scalar(select(func.count(Contact.id))) == 3
