"""Invariant 7: what was cut off the end of the log is missed too, by anchors and by heads kept elsewhere."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from extensions import db
from models import AuditAnchor, AuditEvent, AuditHead
from services import audit, audit_anchors, sweep
from services.audit import SITE_CHAIN, Event, record
from services.sweep import Sweeper
from services.unit_of_work import write
from services.worker_setup import background
from tests.commands.conftest import Run
from tests.invariants.test_7_the_log import past_the_triggers, recorded
from tests.support.estate import Estate, estate
from tests.support.site import Site


@pytest.fixture
def of(site: Site) -> Estate:
    return estate(site, "Borealis")


@pytest.fixture
def run(site: Site) -> Run:
    """A command of `flask`, in this process."""

    def invoke(*arguments: str, given: str = "", **environment: str) -> Result:
        return site.app.test_cli_runner().invoke(args=list(arguments), input=given, env=environment)

    return invoke


def some(site: Site, of: Estate, count: int = 5) -> None:
    with site.context(), write():
        for _ in range(count):
            record(Event.SIGNED_OUT, account=of.account, actor=of.owner)


def cut(site: Site, chain: str, keep: int) -> None:
    """Remove every row after ``keep`` and set the head back to match: all of it valid, without the key."""
    with site.context():
        last = db.session.execute(
            db.select(AuditEvent.hash).where(AuditEvent.chain == chain, AuditEvent.number == keep)
        ).scalar_one_or_none()
    past_the_triggers(site, f"DELETE FROM audit_events WHERE chain = '{chain}' AND number > {keep}")  # noqa: S608  # ours
    if last is None:
        past_the_triggers(site, f"DELETE FROM audit_heads WHERE chain = '{chain}'")  # noqa: S608  # ours
        return
    with site.context():
        db.session.connection().execute(
            db.update(AuditHead).where(AuditHead.chain == chain).values(number=keep, hash=last)
        )


def verified(site: Site, chain: str | None = None) -> list[tuple[str, int]]:
    with site.context():
        return [(found.chain, found.number) for found in audit.verify(chain)]


@pytest.mark.asvs("16.4.2")
@pytest.mark.threat("F11")
@pytest.mark.parametrize("keep", [4, 1, 0])
def test_a_tail_cut_off_with_its_head_behind_an_anchor_is_missed(site: Site, of: Estate, keep: int) -> None:
    chain = of.account.public_id
    some(site, of)
    with site.context():
        assert audit_anchors.anchor() == 1
    assert verified(site) == []
    cut(site, chain, keep)
    assert verified(site) == [(chain, keep + 1)]
    assert verified(site, chain) == [(chain, keep + 1)]


def test_rows_written_after_a_cut_do_not_hide_it(site: Site, of: Estate) -> None:
    some(site, of)
    with site.context():
        audit_anchors.anchor()
    cut(site, of.account.public_id, 3)
    some(site, of, 9)
    assert verified(site) == [(of.account.public_id, 5)]


def test_whoever_takes_the_anchor_away_breaks_the_sites_chain(site: Site, of: Estate) -> None:
    some(site, of)
    with site.context():
        audit_anchors.anchor()
        with write():
            record(Event.SUPPORT_LOOKED, account=None, actor=None)
    cut(site, of.account.public_id, 2)
    past_the_triggers(
        site, "DELETE FROM audit_events WHERE event = 'log:anchored'", "DELETE FROM audit_anchors"
    )
    assert (SITE_CHAIN, 1) in verified(site)


def test_an_anchor_is_written_only_for_what_grew_and_is_bounded(site: Site, of: Estate) -> None:
    some(site, of, 1)
    others = [estate(site, f"Other{at}", digit=at % 10) for at in range(3)]
    for other in others:
        some(site, other, 1)
    with site.context():
        audit_anchors.AT_ONCE, before = 2, audit_anchors.AT_ONCE
        try:
            assert audit_anchors.anchor() == 4
            assert audit_anchors.anchor() == 0
        finally:
            audit_anchors.AT_ONCE = before
    some(site, others[0], 1)
    with site.context():
        assert audit_anchors.anchor() == 1
        assert db.session.query(AuditAnchor).count() == 4
    anchors = [event for event in recorded(site) if event.event == Event.LOG_ANCHORED]
    assert [event.details["chains"] for event in anchors] == [2, 2, 1]
    assert verified(site) == []


def test_a_full_anchor_is_small(site: Site) -> None:
    head = audit.Mark("x" * 22, 2**31 - 1, b"12345678")
    assert len(audit.anchor_text([head] * audit_anchors.AT_ONCE)) < 3000


def test_anchoring_beside_writers_and_another_worker_waits_for_nobody(site: Site, of: Estate) -> None:
    faults: list[BaseException] = []

    def guarded(act: Callable[[], object]) -> Callable[[], None]:
        def go() -> None:
            try:
                with site.app.app_context():
                    for _ in range(8):
                        act()
            except BaseException as fault:
                faults.append(fault)

        return go

    def both_chains() -> None:
        with write():
            record(Event.SIGNED_OUT, account=of.account, actor=of.owner)
            record(Event.SUPPORT_LOOKED, account=None, actor=None)

    acts = [both_chains, both_chains, audit_anchors.anchor, audit_anchors.anchor]
    threads = [threading.Thread(target=guarded(act)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert verified(site) == []


@pytest.mark.asvs("16.4.3")
def test_heads_kept_elsewhere_show_that_the_whole_log_was_set_back(
    site: Site, of: Estate, run: Run, tmp_path: Path
) -> None:
    some(site, of)
    assert run("audit", "anchor").output == "1 chains written down.\n"
    kept = tmp_path / "heads.txt"
    kept.write_text(run("audit", "heads").output)
    assert len(kept.read_text().splitlines()) == 2
    assert run("audit", "verify", "--heads", str(kept)).exit_code == 0
    some(site, of)
    assert run("audit", "verify", "--heads", str(kept)).exit_code == 0
    cut(site, of.account.public_id, 3)
    cut(site, SITE_CHAIN, 0)
    assert run("audit", "verify").exit_code == 0
    done = run("audit", "verify", "--heads", str(kept))
    assert done.exit_code == 1
    assert (
        f"Chain {of.account.public_id}: row 4 is missing at the end: row 5 was written down." in done.output
    )
    assert "Chain site: row 1 is missing at the end" in done.output


def test_kept_heads_of_another_site_or_edited_ones_are_not_believed(
    site: Site, of: Estate, run: Run, tmp_path: Path
) -> None:
    some(site, of)
    line = run("audit", "heads").output.strip()
    chain, number, rest = line.split(" ", 2)
    for wrong in (
        f"{chain} 4 {rest}",
        "a few words",
        line[:-1] + ("0" if line[-1] != "0" else "1"),
        "a b c d",
    ):
        kept = tmp_path / "heads.txt"
        kept.write_text(f"\n{wrong}\n")
        done = run("audit", "verify", "--heads", str(kept))
        assert done.exit_code == 1
        assert "line 2" in done.output


@pytest.mark.asvs("16.4.3")
def test_the_worker_anchors_and_tells_its_log_where_the_log_ends_once_a_day(
    site: Site, of: Estate, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    some(site, of)
    monkeypatch.setattr(sweep, "SWEEP_SECONDS", 10 * 3600.0)
    with site.app.app_context():
        sweeper = Sweeper(site.app, background(), threading.Event())
    with caplog.at_level(logging.INFO, logger="services.sweep"):
        for _ in range(25):
            sweeper._housekeeping()
    told = [line for line in caplog.messages if line.startswith("the security log ends at: site ")]
    assert len(told) == 2
    assert [event.address for event in recorded(site) if event.event == Event.LOG_ANCHORED] == ["worker"]
    with site.context():
        assert (
            audit.verify(kept=audit_anchors.marks_of([told[0].removeprefix("the security log ends at: ")]))
            == []
        )


@pytest.mark.parametrize("looked_at", [1, 2, 3, 100])
def test_every_chain_is_written_down_in_whatever_pieces_they_are_read(
    site: Site, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    monkeypatch.setattr(audit_anchors, "_LOOKED_AT", looked_at)
    monkeypatch.setattr(audit_anchors, "AT_ONCE", 2)
    for name in ("Acme", "Borealis", "Cumulus"):
        some(site, estate(site, name, digit=len(name)), 1)
    with site.context():
        assert audit_anchors.anchor() == 3
        assert audit_anchors.anchor() == 0
