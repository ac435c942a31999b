"""Invariant 8. Whatever breaks, at whichever step of whichever flow: no door opens, nothing is lost, and it heals.

The table is flows (``flows.py``) by their steps by faults. The faults of the database are tried on both databases: how
a dead, read-only or full one shows is the database's own. All other faults concern rows that both hold alike, so
SQLite stands for both, and the table stays short of a minute and a half.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy.exc import SQLAlchemyError

from extensions import db
from models import Message
from services.gateways import Accepted, Answer, Refused, Retry, Unknown
from tests.invariants.flows import FLOWS, Flow, Step, half_signed_in
from tests.support.browser import Page
from tests.support.estate import estate
from tests.support.faults import (
    ACCEPTED,
    DATABASE_FAULTS,
    gone,
    mail_server,
    newest_text,
    provider,
    receipt,
)
from tests.support.rows import Rows, changes, snapshot
from tests.support.site import Site

Clock = Callable[..., None]

pytestmark = [pytest.mark.threat("A8"), pytest.mark.asvs("16.5.2", "16.5.3", "2.3.3")]
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
each_flow = pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
with_messages = pytest.mark.parametrize(
    "flow", [flow for flow in FLOWS if flow.__name__ != "csv_import"], ids=lambda flow: flow.__name__
)

#: What only a right code, link or password may change.
_GUARDED = {
    "accounts.two_factor_enabled_at", "users.mobile_number", "users.mobile_confirmed_at", "users.password_hash",
    "users.role", "+users", "+login_sessions", "login_sessions.verified_at", "login_sessions.token_hash",
    "+trusted_browsers", "+contacts", "+exports",
}  # fmt: skip


def walk(flow: Flow, site: Site) -> Iterator[tuple[Step, Callable[[Page], None]]]:
    """Each step with the function that takes the page of the time it worked. Fails where a step was left undone."""
    steps = flow(site)
    answers: list[Page] = []
    step = next(steps)
    while True:
        yield step, answers.append
        page = answers.pop()
        assert step.worked(page), f"{step.name}: {page.status} {page.location} {page.errors}"
        try:
            step = steps.send(page)
        except StopIteration:
            return


def stays_shut(step: Step, page: Page) -> None:
    """The site's own page (Browser looked at its shape), and nothing of what is behind the door."""
    assert page.status < 500 or page.status == 503, f"{step.name}: {page.status}"
    if page.status == 503:
        assert page.headers["Retry-After"], step.name
        assert page.heading
    assert b"@example.org" not in page.data, step.name
    assert b"Internal Server Error" not in page.data


def files(site: Site) -> set[Path]:
    """What lies on the disk beside the database, and the empty files that passwords wait by."""
    folder = site.settings.instance_path
    found = {path for path in folder.rglob("*") if path.is_file() and ".sqlite3" not in path.name}
    return {path for path in found if path.parent.name != "hashing"}


# --- the database


@each_flow
def test_whatever_happens_to_the_database_doors_stay_shut_and_nothing_accepted_is_lost(
    site: Site, flow: Flow
) -> None:
    for step, take in walk(flow, site):
        before, lying = snapshot(site), files(site)
        if step.waits:
            for fault in DATABASE_FAULTS:
                with fault(site), suppress(SQLAlchemyError):
                    site.deliver()
            assert changes(before, snapshot(site)) == set(), step.name
            step.arrive()
            before, lying = snapshot(site), files(site)
        for fault in DATABASE_FAULTS:
            with fault(site):
                page = step.act()
                stays_shut(step, page)
                goes_on = step.needs == "alone" or (step.needs == "reads" and fault is not gone)
                assert page.status == (200 if goes_on else 503), f"{step.name}: {fault.__name__}"
            assert changes(before, snapshot(site)) == set(), f"{step.name}: {fault.__name__}"
            assert files(site) == lying, f"{step.name}: {fault.__name__}"
        take(step.act())


# --- the provider of texts


def nobody_gets_in(step: Step, site: Site, before: Rows) -> None:
    page = step.browser.get(step.place)
    assert page.status == 200, f"{step.name}: {page.status}"
    stays_shut(step, page)
    for code in ("", "no code"):
        assert step.browser.post(step.place, {"code": code}).status == 422
    assert not _GUARDED & changes(before, snapshot(site)), step.name


def awaiting_texts(flow: Flow, site: Site, clock: Clock) -> Iterator[tuple[Step, Rows]]:
    """Each step that a text stands before, with the rows from before that text; then the person helps themselves."""
    for step, take in walk(flow, site):
        if step.waits != "text":
            step.arrive()
        else:
            yield step, snapshot(site)
            healed(step, site, clock)
        take(step.act())


def healed(step: Step, site: Site, clock: Clock) -> None:
    """What the person does: wait, and press "send again" where no text came by then."""
    here = len(site.texts(step.number))
    clock(seconds=61)
    if len(site.texts(step.number)) == here:
        step.browser.get(step.place)
        answer = step.browser.submit(form="/resend")
        assert answer.status == 303, f"{step.name}: {answer.status} {answer.errors}"
    step.arrive()


PROVIDERS = {
    "refuses the number": Refused("no such number", kind="number"),
    "does not answer": Unknown("no answer"),
    "says later": Retry("try later", 5),
    "hangs until it is given up": None,
    "gives an id that is none": Accepted("<script>\x00" + "9" * 5000),
}


@on_sqlite
@with_messages
@pytest.mark.parametrize("answer", PROVIDERS.values(), ids=PROVIDERS.keys())
def test_whatever_the_provider_answers_nobody_gets_in_without_a_code(
    site: Site, flow: Flow, answer: Answer | None, time_machine_at: Clock
) -> None:
    for step, before in awaiting_texts(flow, site, time_machine_at):
        with provider(site, answer) as failing:
            for _ in range(2):
                with suppress(TimeoutError):
                    site.deliver()
            assert len(failing.ids) == len(set(failing.ids)), "what may have been taken is not sent again"
            nobody_gets_in(step, site, before)


@on_sqlite
@with_messages
def test_whatever_receipts_tell_nobody_gets_in_without_a_code(
    site: Site, flow: Flow, time_machine_at: Clock
) -> None:
    for step, before in awaiting_texts(flow, site, time_machine_at):
        with provider(site, ACCEPTED):
            site.deliver()
            text = newest_text(site)
            assert text is not None
            receipt(site, text.public_id, "delivered", "the id of another text")
            receipt(site, "AAAAAAAAAAAAAAAAAAAAAA", "rejected", "id-of-nobody")
            assert newest_text(site).state == "accepted"
            nobody_gets_in(step, site, before)
            receipt(site, text.public_id, "rejected", "id-1")
            assert newest_text(site).state == "rejected"
            receipt(site, text.public_id, "delivered", "id-1")
            nobody_gets_in(step, site, before)


# --- the worker and the mail server


@on_sqlite
@each_flow
def test_while_the_worker_is_dead_everything_waits_and_goes_out_once_when_it_lives(
    site: Site, flow: Flow
) -> None:
    promised: set[str] = set()
    for step, take in walk(flow, site):
        if step.waits:
            before = snapshot(site)
            path = step.place or "/login"
            for _ in range(2):
                page = step.browser.get(path)
                assert page.status < 400, f"{step.name}: {page.status}"
                stays_shut(step, page)
            assert not _GUARDED & changes(before, snapshot(site)), step.name
            promised |= waiting(site)
            for _ in range(2):
                step.arrive()
        take(step.act())
    promised |= waiting(site)
    texts, mails = site.texts(), site.mails()
    sent = [line["id"] for line in (*texts, *mails)]
    assert len(sent) == len(set(sent)), "nothing went out twice"
    assert promised - set(sent) <= moot(site)
    assert waiting(site) == set()


def waiting(site: Site) -> set[str]:
    with site.context():
        return set(db.session.scalars(db.select(Message.public_id).where(Message.state == "queued")))


def moot(site: Site) -> set[str]:
    """Messages that were let go, since nobody needs them any more."""
    with site.context():
        return set(db.session.scalars(db.select(Message.public_id).where(Message.state == "expired")))


@on_sqlite
@with_messages
def test_mail_that_cannot_be_sent_holds_nothing_else_up_and_is_not_lost(
    site: Site, flow: Flow, time_machine_at: Clock
) -> None:
    tried: set[str] = set()
    for step, take in walk(flow, site):
        before = snapshot(site)
        with mail_server(site, Unknown("the mail server is dead")) as dead:
            site.deliver()
            assert not _GUARDED & changes(before, snapshot(site)), step.name
            if step.waits != "mail":
                step.arrive()
        tried |= set(dead.ids)
        if step.waits == "mail":
            time_machine_at(seconds=61)
            step.arrive()
        take(step.act())
    time_machine_at(seconds=61)
    sent = [line["id"] for line in site.mails()]
    assert len(sent) == len(set(sent)), "nothing went out twice"
    assert tried - set(sent) <= moot(site)
    assert waiting(site) == set()


# --- the clock


@contextmanager
def clock_wrong_by(hours: int) -> Iterator[None]:
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours), tick=False):
        yield


@contextmanager
def undone(site: Site, step: Step) -> Iterator[None]:
    """What is done inside leaves nothing behind: neither in the database (SQLite's file) nor in the browser."""
    with site.context():
        engine = db.engine
    path = Path(str(engine.url.database))
    cookies = {cookie.key: cookie.value for cookie in (step.browser.client._cookies or {}).values()}
    engine.dispose()
    kept = shutil.copy(path, path.with_name("kept"))
    try:
        yield
    finally:
        engine.dispose()
        shutil.copy(kept, path)
        for name, value in cookies.items():
            step.browser.client.set_cookie(name, value)


@on_sqlite
@each_flow
def test_a_clock_that_is_wrong_before_any_step_opens_nothing(site: Site, flow: Flow) -> None:
    for step, take in walk(flow, site):
        step.arrive()
        for hours in (-1, 1):
            with undone(site, step):
                before = snapshot(site)
                with clock_wrong_by(hours):
                    page = step.act()
                stays_shut(step, page)
                if step.place:
                    assert not step.worked(page), f"{step.name}: a code of another hour"
                    assert not _GUARDED & changes(before, snapshot(site)), step.name
        take(step.act())


@pytest.mark.parametrize("hours", [-1, 1], ids=["back", "forward"])
def test_a_clock_that_was_wrong_and_is_right_again_keeps_nobody_out(site: Site, hours: int) -> None:
    of = estate(site, "Borealis")
    begun = half_signed_in(site, of)
    inside = site.signed_in(of.owner)
    with clock_wrong_by(hours):
        begun.act()
        assert inside.get("/contacts").status in {200, 303}
        half_signed_in(site, of)
        site.deliver()
    assert site.signed_in(of.owner).get("/contacts").status == 200
    site.deliver()
    assert waiting(site) == set()
