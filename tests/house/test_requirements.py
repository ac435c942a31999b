"""Every requirement and every known attack is tied to a test or to a decision, and the pages that say so are fresh."""

from pathlib import Path

import pytest

from scripts import requirements
from scripts.requirements import ROOT, STATUSES, Proof, anchors, decisions, proofs

LISTS = {"asvs": requirements.asvs(), "threat": requirements.threats()}


@pytest.mark.parametrize("name", requirements.PAGES)
def test_the_page_is_what_the_markers_say(name: str) -> None:
    assert (ROOT / name).read_text() == requirements.PAGES[name](), "stale: run `make requirements`"


@pytest.mark.parametrize("kind", requirements.KINDS)
def test_each_is_tied_to_a_test_or_a_decision(kind: str) -> None:
    tied = proofs(kind).keys() | decisions(kind).keys()
    assert [one.id for one in LISTS[kind] if one.id not in tied] == []


@pytest.mark.parametrize("kind", requirements.KINDS)
def test_no_marker_and_no_decision_names_what_is_not_listed(kind: str) -> None:
    listed = {one.id for one in LISTS[kind]}
    assert proofs(kind).keys() - listed == set()
    assert decisions(kind).keys() - listed == set()


def test_only_level_three_may_be_not_met() -> None:
    level = {one.id: one.level for one in LISTS["asvs"]}
    not_met = {number for number, one in decisions("asvs").items() if one.status == "not met"}
    assert {level[number] for number in not_met} <= {3}
    assert not any(one.status == "not met" for one in decisions("threat").values())
    assert not not_met & proofs("asvs").keys(), "met by a test after all"


@pytest.mark.parametrize("kind", requirements.KINDS)
def test_a_decision_leads_to_a_heading_that_is_there(kind: str) -> None:
    for number, decision in decisions(kind).items():
        assert decision.status in STATUSES, number
        file, _, anchor = decision.where.partition("#")
        assert anchor, f"{number}: no heading named"
        assert anchor in anchors((ROOT / file).read_text()), f"{number}: {decision.where}"
        assert len(decision.how) > 20, number


def test_markers_are_read_from_functions_classes_and_modules(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_one.py").write_text(
        'pytestmark = [pytest.mark.slow, pytest.mark.asvs("1.1.1")]\n'
        '@pytest.mark.asvs("2.2.2", "3.3.3")\n'
        "def test_a(): ...\n"
        "def helper(): ...\n"
    )
    (tests / "test_two.py").write_text(
        'NAMES = ("A2",)\n@pytest.mark.threat("A1", *NAMES)\n@other.mark.asvs("9.9.9")\ndef test_b(): ...\n'
    )
    one = Proof("tests/test_one.py", "test_a")
    assert proofs("asvs", tests) == {"1.1.1": [one], "2.2.2": [one], "3.3.3": [one]}
    two = Proof("tests/test_two.py", "test_b")
    assert proofs("threat", tests) == {"A1": [two], "A2": [two]}


def test_the_lists_are_whole() -> None:
    levels = [one.level for one in LISTS["asvs"]]
    assert (levels.count(1), levels.count(2), levels.count(3)) == (55, 115, 44)
    assert len({one.id for one in LISTS["threat"]}) == len(LISTS["threat"]) > 50
    assert all(one.text for one in LISTS["asvs"])
