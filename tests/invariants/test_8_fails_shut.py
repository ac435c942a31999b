"""Invariant 8. A part breaks before each step of signing in and exporting: the door stays shut, and it heals."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url

from extensions import db
from models import Message
from services.gateways import Accepted, Answer, OutgoingMail, OutgoingSms, Refused, Retry, Unknown
from tests.support.browser import Browser, Page
from tests.support.estate import Estate, estate
from tests.support.rows import changes, snapshot
from tests.support.site import Site

# --- faults of the database


@contextmanager
def gone(site: Site) -> Iterator[None]:
    """The database is not there: no connection can be made, and those that were open are dead."""
    with site.context():
        engine = db.engine
        engine.dispose()
        if engine.dialect.name == "sqlite":
            path = str(engine.url.database)
            away = site.settings.instance_path / "elsewhere"
            _move(path, str(away))
            try:
                yield
            finally:
                engine.dispose()
                _move(str(away), path)
            return
        name = engine.url.database
    with _administrator(site) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        _disconnect(connection, name)
        try:
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())


def _move(path: str, to: str) -> None:
    """The file goes; what stands in its place afterwards is no database. Or it comes back."""
    for place in (Path(path), Path(to)):
        for suffix in ("-wal", "-shm"):
            Path(f"{place}{suffix}").unlink(missing_ok=True)
    if Path(to).is_dir():
        Path(to).rmdir()
    Path(path).rename(to)
    if not to.endswith(".sqlite3"):
        Path(path).mkdir()


@contextmanager
def _administrator(site: Site) -> Iterator[psycopg.Connection]:
    url = make_url(site.settings.database_url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def _disconnect(connection: psycopg.Connection, name: str | None) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
        (name,),
    )


@contextmanager
def read_only(site: Site) -> Iterator[None]:
    """A replica that was not promoted, or a disk that was mounted again: reading works, writing does not."""
    with site.context():
        engine = db.engine
        engine.dispose()
        sqlite = engine.dialect.name == "sqlite"

    def forbid(connection: psycopg.Connection, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")

    def forbid_sqlite(connection: object, _: object) -> None:
        connection.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]

    listener = forbid_sqlite if sqlite else forbid
    event.listen(engine, "connect", listener)
    try:
        yield
    finally:
        event.remove(engine, "connect", listener)
        with site.context():
            engine.dispose()


@contextmanager
def full(site: Site) -> Iterator[None]:
    """No room for another page of the file (SQLite); for PostgreSQL the same as read-only."""
    if not site.settings.database_url.startswith("sqlite"):
        with read_only(site):
            yield
        return
    with site.context():
        engine = db.engine
        engine.dispose()

    def limit(connection: object, _: object) -> None:
        execute = connection.execute  # type: ignore[attr-defined]
        execute("PRAGMA cache_spill = OFF")
        pages = execute("PRAGMA page_count").fetchone()[0]
        execute(f"PRAGMA max_page_count = {pages}")
        execute("PRAGMA query_only = ON")  # what still fits into half-empty pages is not what is tried here

    event.listen(engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(engine, "connect", limit)
        with site.context():
            engine.dispose()


class Story:
    """Sign in with a code, then export; each step can be tried while something is broken, and then for real."""

    STEPS = (
        "look",
        "password",
        "code page",
        "code",
        "export page",
        "fix",
        "ask",
        "step-up page",
        "step-up",
        "download",
    )

    def __init__(self, site: Site) -> None:
        self.site = site
        self.of: Estate = estate(site, "Borealis")
        self.browser: Browser = site.browser()
        self.place = self.path = ""

    def prepare(self, step: str) -> None:
        """What a person knows before the step: the code that came."""
        if step in {"code", "step-up"}:
            self.known = self.site.code(self.of.owner.mobile_number)

    def do(self, step: str) -> Page:
        browser, token = self.browser, self.browser.csrf_token()
        match step:
            case "look":
                return browser.get("/login")
            case "password":
                fields = {
                    "email": self.of.owner.email,
                    "password": self.site.world.password,
                    "csrf_token": token,
                }
                return browser.post("/login", fields)
            case "code page":
                return browser.get("/login/code")
            case "code":
                return browser.post("/login/code", {"code": self.known, "shared_computer": "y"})
            case "export page":
                return browser.get("/contacts/export")
            case "fix":
                return browser.post("/contacts/export", {"list": "", "status": "", "columns": ["Email"]})
            case "ask":
                return browser.get(f"{self.path}/download")
            case "step-up page":
                return browser.get(self.place)
            case "step-up":
                return browser.post(self.place, {"code": self.known})
            case _:
                return browser.get(f"{self.path}/download")

    def worked(self, step: str, page: Page) -> None:
        expected = {
            "password": "/login/code", "code": "/", "fix": "/contacts/exports/", "ask": "/step-up?on=",
            "step-up": self.path,
        }.get(step)  # fmt: skip
        assert page.location.startswith(expected) if expected else page.status == 200, (
            f"{step}: {page.status}"
        )
        if step == "fix":
            self.path = page.location
        elif step == "ask":
            self.place = page.location
        elif step == "download":
            assert page.data.count(b"@example.org") == 3


def stays_shut(step: str, page: Page) -> None:
    """The site's own page (Browser looked at its shape), and nothing of what is behind the door."""
    assert page.status in {200, 503}, f"{step}: {page.status}"
    if page.status == 503:
        assert page.headers["Retry-After"]
        assert page.heading
    assert b"@example.org" not in page.data
    assert b"Internal Server Error" not in page.data


@pytest.mark.asvs("16.5.2", "16.5.3")
@pytest.mark.threat("A8")
@pytest.mark.parametrize("fault", [gone, read_only, full])
def test_whatever_happens_to_the_database_doors_stay_shut_and_nothing_accepted_is_lost(
    site: Site, fault: Callable[[Site], AbstractContextManager[None]]
) -> None:
    story = Story(site)
    for step in Story.STEPS:
        story.prepare(step)
        before = snapshot(site)
        with fault(site):
            page = story.do(step)
            stays_shut(step, page)
            reads = {"look"} if fault is gone else {"look", "code page", "export page", "step-up page"}
            assert page.status == (200 if step in reads else 503), step
        assert changes(before, snapshot(site)) <= {"login_sessions.last_seen_at"}, step
        story.worked(step, story.do(step))


# --- faults of the provider and of the worker


class Gateway:
    """A provider that answers what it was told to, and keeps what it was given."""

    name = "stand-in"
    idempotent = False

    def __init__(self, answer: Answer | None) -> None:
        self.answer = answer
        self.given: list[OutgoingSms | OutgoingMail] = []

    def send(self, message: OutgoingSms | OutgoingMail) -> Answer:
        self.given.append(message)
        if self.answer is None:
            raise RuntimeError("a gateway that breaks its word and raises")
        return self.answer


@contextmanager
def provider(site: Site, answer: Answer | None) -> Iterator[Gateway]:
    gateways = site.app.extensions["gateways"]
    before, gateways._sms = gateways.sms if gateways._sms else None, Gateway(answer)
    try:
        yield gateways._sms
    finally:
        gateways._sms = before


def half_signed_in(site: Site, of: Estate) -> Browser:
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email=of.owner.email, password=site.world.password).location == "/login/code"
    return browser


@pytest.mark.threat("A8")
@pytest.mark.parametrize(("answer", "words"), [
    (Refused("no such number", kind="number"), "could not be sent"),
    (Refused("no credit", kind="account"), "could not be sent"),
    (Unknown("no answer"), "may not have arrived"),
    (Retry("try later", 5), ""),
])  # fmt: skip
def test_whatever_the_provider_answers_nobody_gets_in_without_a_code(
    site: Site, answer: Answer, words: str, time_machine_at: Callable[..., None]
) -> None:
    of = estate(site, "Borealis")
    browser = half_signed_in(site, of)
    with provider(site, answer) as failing:
        site.deliver()
        site.deliver()
        assert len(failing.given) == 1, "a text that may have been taken is not sent again by itself"
        page = browser.get("/login/code")
        assert words in page.words
        assert browser.get("/contacts").location == "/login/code"
        for code in ("", "000000"):
            assert browser.post("/login/code", {"code": code}).status == 422
    time_machine_at(seconds=60)
    browser.get("/login/code")
    assert browser.submit(form="/login/code/resend").status == 303
    browser.get("/login/code")
    assert browser.submit(code=site.code(of.owner.mobile_number)).location == "/"


@pytest.mark.threat("A8")
def test_while_the_worker_is_dead_nobody_gets_in_and_the_text_is_sent_once_when_it_lives(site: Site) -> None:
    of = estate(site, "Borealis")
    browser = half_signed_in(site, of)
    for _ in range(3):
        assert browser.get("/contacts").location == "/login/code"
    with site.context():
        assert [m.state for m in db.session.scalars(db.select(Message))] == ["queued"]
    with provider(site, Accepted("id-1")) as taken:
        for _ in range(3):
            site.deliver()
        assert len(taken.given) == 1
    assert taken.given[0].to == of.owner.mobile_number


def test_a_text_that_waited_longer_than_its_code_lives_is_not_sent(
    site: Site, time_machine_at: Callable[..., None]
) -> None:
    of = estate(site, "Borealis")
    half_signed_in(site, of)
    time_machine_at(seconds=601)
    with provider(site, Accepted("id-1")) as taken:
        site.deliver()
    assert taken.given == []


def test_a_gateway_that_raises_loses_no_message_and_opens_no_door(
    site: Site, time_machine_at: Callable[..., None]
) -> None:
    of = estate(site, "Borealis")
    browser = half_signed_in(site, of)
    with provider(site, None), pytest.raises(RuntimeError):
        site.deliver()
    assert browser.get("/contacts").location == "/login/code"
    time_machine_at(seconds=61)  # its lease is over: whether it was sent, nobody knows
    with provider(site, Accepted("id-1")) as taken:
        site.deliver()
    assert taken.given == []
    assert "may not have arrived" in browser.get("/login/code").words


@pytest.mark.threat("A8")
def test_mail_that_cannot_be_sent_holds_nothing_up_and_is_not_lost(site: Site) -> None:
    of = estate(site, "Borealis")
    gateways = site.app.extensions["gateways"]
    gateways._mail = Gateway(Unknown("the mail server is dead"))
    browser = site.signed_in(of.owner)
    assert browser.get("/contacts").status == 200
    site.deliver()
    with site.context():
        states = set(db.session.scalars(db.select(Message.state).where(Message.channel == "mail")))
    assert states == {"queued"}


def test_a_clock_set_back_or_forward_opens_nothing(site: Site, time_machine_at: Callable[..., None]) -> None:
    of = estate(site, "Borealis")
    browser = site.signed_in(of.owner)
    site.step_up(browser, "/settings/activity.csv")
    waiting = half_signed_in(site, of)
    code = site.code(of.owner.mobile_number)
    time_machine_at(
        hours=-1
    )  # cookies from the future are not believed, and grants from there are not either
    assert browser.get("/settings/activity.csv").location.startswith(("/step-up", "/login"))
    time_machine_at(hours=2)
    assert browser.get("/settings/activity.csv").location.startswith(("/step-up", "/login"))
    assert waiting.post("/login/code", {"code": code}).location in {"/login", ""}
    assert waiting.get("/contacts").location.startswith("/login")
