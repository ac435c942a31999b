"""Two who write contacts of one account at the same moment: one waits for the other, and none of them for ever."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text

from extensions import db
from models import Contact, ContactList, DataField
from models.job import Job
from services import jobs
from services.clock import now
from services.contacts import adding, fields, forgetting
from services.imports.merging import merge
from services.unit_of_work import write
from tests.support.browser import Browser
from tests.support.estate import Estate, estate
from tests.support.site import Site
from tests.support.worker_process import wait_until


@pytest.fixture
def of(site: Site) -> Estate:
    return estate(site, "Borealis", two_factor=False)


@pytest.fixture
def browser(site: Site, of: Estate) -> Browser:
    return site.signed_in(of.owner)


@pytest.fixture
def aside() -> Iterator[Callable[[Callable[[], object]], Future[Any]]]:
    """Begins something in another thread; comes back when that is done, or stands before a lock."""

    def begin(act: Callable[[], object]) -> Future[Any]:
        other = pool.submit(act)
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect() as connection:
                waiting = text(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
                wait_until(lambda: other.done() or connection.scalar(waiting))
        return other

    with ThreadPoolExecutor(1) as pool:
        yield begin


def save(browser: Browser, of: Estate) -> int:
    browser.get(f"/contacts/{of.ids['contact_id']}")
    return browser.submit(having="status", status="Unsubscribed").status


def remove(browser: Browser, of: Estate) -> int:
    browser.get(f"/contacts/{of.ids['contact_id']}")
    return browser.post(f"/contacts/{of.ids['contact_id']}/remove").status


def remove_list(browser: Browser, of: Estate) -> int:
    return browser.post(f"/contacts/lists/{of.ids['list_id']}/remove").status


def rows(*emails: str, status: str = "", name: str = "New") -> list[Any]:
    return [(email, "", "", "", status, f'{{"FIRSTNAME": "{name}"}}', "", "") for email in emails]


def contacts() -> list[Contact]:
    return list(db.session.scalars(select(Contact).order_by(Contact.id)))


@pytest.mark.parametrize("act", [save, remove])
def test_a_contact_is_saved_or_removed_while_a_file_brings_it(
    site: Site, of: Estate, browser: Browser, aside: Any, act: Any
) -> None:
    with site.context():
        known = contacts()[0].email
        with write() as session:  # as a merge goes: first who is new, then who is there
            merge(session, of.account.id, None, rows("new@example.org"), now())
            other = aside(lambda: act(browser, of))
            merge(session, of.account.id, None, rows(known), now())
        assert other.result() in {303, 422}  # or told that the file changed it meanwhile


def test_a_list_is_removed_while_a_file_puts_people_on_it(
    site: Site, of: Estate, browser: Browser, aside: Any
) -> None:
    with site.context():
        on = db.session.scalars(select(ContactList.id).where(ContactList.account_id == of.account.id)).one()
        with write() as session:
            merge(session, of.account.id, on, rows("new@example.org", status="Unsubscribed"), now())
            other = aside(lambda: remove_list(browser, of))
            merge(session, of.account.id, on, rows("newer@example.org"), now())
        assert other.result() == 303


def test_a_contact_is_removed_from_a_list_while_another_is_added_to_it(
    site: Site, of: Estate, browser: Browser, aside: Any
) -> None:
    with site.context():
        on = db.session.scalars(select(ContactList).where(ContactList.account_id == of.account.id)).one()
        with write():  # as adding goes: first the contact, then its place on the list
            adding.add(of.account, "a@example.org", contact_list=None, data={})
            other = aside(lambda: remove(browser, of))
            adding.add(of.account, "b@example.org", contact_list=on, data={})
        assert other.result() == 303


def test_the_values_of_a_field_go_while_a_file_comes_in_in_another_order(
    site: Site, of: Estate, browser: Browser, aside: Any
) -> None:
    with site.context():
        first, *_others, last = contacts()
        name = db.session.scalars(select(DataField.name)).one()
        with write():
            for one in contacts():
                one.data = {**one.data, name: "red"}
    browser.get(f"/contacts/fields/{of.ids['field_id']}")
    assert browser.submit(having="sure", sure="y").status == 303

    def work() -> bool:
        with site.app.app_context():
            return jobs.run(db.session.scalars(select(Job.id).where(Job.kind == forgetting.JOB)).one())

    with site.context():
        with write() as session:
            merge(session, of.account.id, None, rows(last.email), now())
            other = aside(work)
            merge(session, of.account.id, None, rows(first.email), now())
        assert other.result()
        job = db.session.scalars(select(Job).where(Job.kind == forgetting.JOB)).one()
        assert (job.state, job.attempts) == ("done", 1)
        assert all(name not in one.data for one in contacts())


def test_a_field_is_removed_while_a_file_makes_another(
    site: Site, of: Estate, browser: Browser, aside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.get(f"/contacts/fields/{of.ids['field_id']}")
    begun: list[Future[Any]] = []
    real = fields.held_names

    def then(account: Any) -> list[str]:
        found = real(account)
        if not begun:
            begun.append(aside(lambda: browser.submit(having="sure", sure="y").status))
        return found

    monkeypatch.setattr(fields, "held_names", then)
    with site.context():
        with write():
            fields.ensure(of.account, ["BROUGHT"])
        assert begun[0].result() == 303
        assert fields.names(of.account)[-1] == "BROUGHT"
