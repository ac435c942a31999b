"""An import can be stopped: what came in stays, and nothing after it comes in."""

from collections.abc import Callable
from typing import Any

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select, text

from extensions import db
from models import AuditEvent, Contact, ContactImport
from services.imports import run
from services.imports.merging import Counts, merge
from services.unit_of_work import after_commit
from tests.support.browser import Browser, Page
from tests.support.importing import upload
from tests.support.site import Site

ROWS = "Email\n" + "".join(f"person-{n}@example.org\n" for n in range(1000))


@pytest.fixture
def during(site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Do something while the worker has committed its first batch of 400 and reads on."""
    monkeypatch.setattr(run, "BATCH", {"sqlite": 400, "postgresql": 400})

    def during(act: Callable[[], None]) -> None:
        def watched(*arguments: Any) -> Counts:
            done = merge(*arguments)
            if not acted:
                acted.append(1)
                after_commit(act)
            return done

        acted: list[int] = []
        monkeypatch.setattr(run, "merge", watched)

    return during


def _stop(browser: Browser, page: Page) -> Page:
    browser.get(page.location)
    return browser.post(f"{page.location}/stop", {"csrf_token": browser.csrf_token()})


def _found(site: Site) -> ContactImport:
    with site.context():
        found = db.session.scalars(select(ContactImport)).one()
        db.session.expunge(found)
    return found


def _events(site: Site) -> list[str]:
    with site.context():
        return list(
            db.session.scalars(
                select(AuditEvent.event).where(AuditEvent.event.like("import:%")).order_by(AuditEvent.id)
            )
        )


def test_a_running_import_stops_before_its_next_batch(
    site: Site, during: Callable[[Callable[[], None]], None]
) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(site.world.user(account))
    page = upload(browser, ROWS)
    assert "Stop the import" in browser.get(page.location).text
    others = site.signed_in(owner)
    answers: list[Page] = []
    during(lambda: answers.append(_stop(others, page)))
    site.deliver()
    assert [answer.status for answer in answers] == [303]
    found = _found(site)
    assert (found.state, found.rows_read, found.added) == ("stopped", 400, 400)
    with site.context():
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 400
    assert "The import was stopped The first 400 rows of the file came in" in browser.get(page.location).words
    assert "Stop the import" not in browser.last.text
    assert _events(site) == ["import:stopped", "import:finished"]
    assert not [path for path in (site.settings.instance_path).rglob(found.public_id) if path.is_file()]


def test_an_import_that_waits_is_stopped_before_its_first_row(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    page = upload(browser, ROWS)
    for _ in "twice":
        assert _stop(browser, page).status == 303
    assert "is being stopped" in browser.get(page.location).words
    assert '"stopping":true' in browser.get(f"{page.location}/status").text
    site.deliver()
    assert (_found(site).state, _found(site).rows_read) == ("stopped", 0)
    assert _events(site) == ["import:stopped", "import:finished"]


def test_an_import_that_has_ended_is_not_stopped_any_more(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    page = upload(browser, ROWS)
    site.deliver()
    assert _stop(browser, page).status == 303
    assert (_found(site).state, _found(site).added, _events(site)) == ("done", 1000, ["import:finished"])


def test_only_who_brought_the_file_and_the_owner_stop_an_import(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    page = upload(site.signed_in(owner), ROWS)
    for user in (site.world.user(account, can_export=True), site.world.owner(site.world.account("Borealis"))):
        browser = site.signed_in(user)
        assert "Stop the import" not in browser.get(page.location).text
        assert browser.post(f"{page.location}/stop", {"csrf_token": browser.csrf_token()}).status == 404
    assert _found(site).stop_asked_at is None


def test_imports_of_before_are_kept_when_the_schema_goes_back_and_forth(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    page = upload(site.signed_in(owner), ROWS)
    _stop(site.signed_in(owner), page)
    rows = text("SELECT public_id, state, size, bytes_done FROM contact_imports")
    with site.context():
        before = db.session.execute(rows).all()
        db.session.remove()
        downgrade(revision="0007")
        upgrade()
        assert db.session.execute(rows).all() == before
    site.deliver()
    assert _found(site).state == "done"
