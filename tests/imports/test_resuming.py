"""A worker that is killed in the middle: the next one goes on there, and nothing is doubled."""

from typing import Any

import pytest
from sqlalchemy import select

from extensions import db
from models import ContactImport, Job
from services import jobs
from services.imports import run
from services.imports.merging import Counts, merge
from services.unit_of_work import write
from tests.support.importing import counts, emails, reasons, upload
from tests.support.site import Site

ROWS = 2500


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH", {"sqlite": 400, "postgresql": 400})


@pytest.mark.usefixtures("small_batches")
def test_an_import_goes_on_where_a_killed_worker_stopped(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    lines = ["Email,Note"]
    for number in range(ROWS):
        lines.append(
            f'person-{number}@example.org,"two\nlines {number}"' if number % 100 else f"nobody {number},x"
        )
    upload(browser, "\n".join(lines) + "\n")

    class Killed(BaseException):
        """As if the process ended here."""

    def dying(*arguments: Any, calls: list[int] = []) -> Counts:  # noqa: B006  # counts over all calls
        done = merge(*arguments)
        calls.append(1)
        if len(calls) in {2, 4}:
            raise Killed
        return done

    monkeypatch.setattr(run, "merge", dying)
    for _ in range(2):
        with site.context(), pytest.raises(Killed):
            jobs.run(db.session.scalars(select(Job.id).where(Job.kind == "contacts.import")).one())
        with site.context():
            with write() as session:  # its lease has run out
                session.scalars(select(Job).where(Job.kind == "contacts.import")).one().lease_until = None
                session.scalars(select(Job).where(Job.kind == "contacts.import")).one().state = "waiting"
            found = db.session.scalars(select(ContactImport)).one()
            assert 0 < found.rows_read < ROWS
            assert found.rows_read % 400 == 0
    site.deliver()
    with site.context():
        found = db.session.scalars(select(ContactImport)).one()
        assert (found.state, found.rows_read) == ("done", ROWS)
        assert counts(found) == (ROWS - 25, 0, 0, 25)
        refused = reasons(site, found)
    assert emails(site) == [f"person-{number}@example.org" for number in range(ROWS) if number % 100]
    # Line 1 is the header; a good row takes two lines, a bad one takes one.
    assert list(refused)[:2] == [2, 2 + 1 + 99 * 2]
    assert set(refused.values()) == {
        f"Not an email address: nobody {number}" for number in range(0, ROWS, 100)
    }


def test_a_file_that_is_gone_is_told(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    answer = upload(browser, "Email\na@example.org\n")
    for path in (site.settings.instance_path / "storage" / "imports").iterdir():
        path.unlink()
    site.deliver()
    assert "The file is no longer there" in browser.get(answer.location).words
