"""The activity log: sentences, filters, pages, download."""

import csv
import io

import pytest

from models import AuditEvent
from services.audit import Event, record
from services.audit_events import DECLARED
from services.audit_sentences import sentence
from services.unit_of_work import write
from tests.support.site import Site
from tests.support.statements import statements


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("details", [{}, {"due": "soon", "number": None, "rows": 12431, "odd": [1]}])
def test_every_event_reads_as_a_sentence_whatever_its_row_holds(event: Event, details: dict) -> None:
    row = AuditEvent(
        event=event.value, actor_label="Ana {why} (ana@acme.example)", subject_label="", details=details
    )
    assert sentence(row)
    assert DECLARED[event].kind


def test_an_event_of_another_version_is_shown_by_its_tag() -> None:
    assert sentence(AuditEvent(event="new:thing", actor_label="Ana", details={})) == "Ana: new:thing"


def fill(site: Site, account, owner, count: int) -> None:  # type: ignore[no-untyped-def]
    for number in range(count):
        with site.context(), write():
            record(Event.ACCOUNT_CHANGED, account=account, actor=owner, changes=f"step {number}.")


def test_it_is_paged_from_the_newest_to_the_oldest(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    fill(site, account, owner, 60)
    browser = site.signed_in(owner)
    seen: list[str] = []
    with statements(site) as run:
        page = browser.get("/settings/activity")
    assert len(run) <= 4, run
    for _ in range(3):
        seen += [row.get_text() for row in page.html.select(".timeline li")]
        older = page.html.select_one('a[rel="next"]')
        if older is None:
            break
        page = browser.get(str(older["href"]))
    assert len(seen) == 61
    assert "step 59." in seen[1]
    assert "step 0." in seen[-1]


@pytest.mark.parametrize("before", ["0", "-1", "x", "9" * 40, "1e9", "²", "\x00", "' OR 1=1"])
def test_a_strange_page_number_is_no_fault(site: Site, before: str) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    assert browser.get("/settings/activity", query_string={"before": before}).status == 200


def test_it_is_filtered_by_person_and_kind(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    site.signed_in(ana)
    browser = site.signed_in(owner)
    rows = browser.get(f"/settings/activity?person={ana.public_id}").html.select(".timeline li")
    assert len(rows) == 1
    assert ana.name in rows[0].get_text()
    page = browser.get("/settings/activity?kind=Exports")
    assert "No event fits this filter" in page.words
    stranger = site.world.owner(site.world.account("Other"))
    page = browser.get(f"/settings/activity?person={stranger.public_id}&kind=Nothing")
    assert len(page.html.select(".timeline li")) == 2
    assert stranger.name not in page.words


def test_another_accounts_events_are_not_shown(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    other = site.world.account("Other")
    site.signed_in(site.world.owner(other, name="Somebody Else"))
    assert "Somebody Else" not in site.signed_in(owner).get("/settings/activity").words


def test_the_download_needs_a_code_and_runs_no_formula(site: Site) -> None:
    account, owner = site.world.acme()
    fill(site, account, owner, 3)
    with site.context(), write():
        record(
            Event.ACCOUNT_CHANGED, account=account, actor=None, actor_label="=cmd|' /C calc'!A0", changes="x"
        )
    browser = site.signed_in(owner)
    assert browser.head("/settings/activity.csv").status == 303
    site.step_up(browser, "/settings/activity.csv")
    answer = browser.get("/settings/activity.csv")
    assert answer.status == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert rows[0]["Event"] == "activity:downloaded"
    assert [int(row["Number"]) for row in rows] == list(range(len(rows), 0, -1))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert "downloaded the activity log" in browser.get("/settings/activity").words


def test_the_download_runs_without_a_code_while_two_factor_is_off(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    assert site.signed_in(owner).get("/settings/activity.csv").status == 200
