"""The fault table through the whole site: a person signs in, and their text meets all that can happen to it.

It goes the real way: request, outbox, claim, the provider's SDK over TLS to the stand-in, settlement, code page. The
clock is moved to each moment at which a worker would look again, until the code's life is over.
"""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from extensions import db
from models import LoginSession, Message, User
from services import delivery
from services.clock import now, seconds_until
from services.delivery import circuits
from services.gateways.vonage import VonageSmsGateway
from services.undelivered import why
from tests.delivery.fault_table import FOR_EVER, ONE_OF_EACH, TABLE, Row, begin, end_once, named
from tests.support.browser import Page
from tests.support.faults import newest_text, sms_gateway
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin

Clock = Callable[..., None]
Walk = Callable[[Row], "Story"]

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Story:
    """One person who waits for one code, and what became of its text."""

    def __init__(self, site: Site, person: User, vonage: VonageStandin, clock: Clock) -> None:
        self.site, self.person, self.vonage, self._clock = site, person, vonage, clock
        self.browser = site.half_signed_in(person)
        self.expires_at = self.text.expires_at or now()

    @property
    def text(self) -> Message:
        found = newest_text(self.site)
        assert found is not None
        return found

    @property
    def stopped(self) -> bool:
        with self.site.context():
            return circuits.stopped()

    @property
    def code(self) -> str:
        """As it stands in the request that the provider got last."""
        return str(self.vonage.requests[-1].body["text"])[:6]

    def work(self) -> None:
        with self.site.context():
            delivery.send_due()

    def wait(self, seconds: float) -> None:
        self._clock(seconds=seconds)

    def work_until_nothing_is_due(self) -> None:
        """At each moment at which the text is due, as long as its code lives."""
        self.work()
        for _ in range(20):
            text = self.text
            if text.state != "queued" or text.due_at >= self.expires_at:
                return
            self.wait(max(0.0, (text.due_at - now()).total_seconds()) + 0.1)
            self.work()
        raise AssertionError("it is due for ever")

    def look(self) -> tuple[str, frozenset[str]]:
        """What the page shows, by a plain load and to its script the same: its colour, and what it offers."""
        page, status = self.browser.get("/login/code"), self.browser.get("/login/code/status", keep=False)
        told = status.response.get_json()
        offered = frozenset(name for name in ("resend", "call", "help") if told[name])
        assert offered == _offered(page)
        assert page.html.select_one(f".notice-{told['kind']} .notice-title") is not None
        assert told["text"] in page.words
        for secret in (self.person.mobile_number or "", "HTTP", "vonage", "ERROR"):
            assert secret not in page.words
            assert secret not in status.text
        return told["kind"], offered

    def is_outside(self) -> bool:
        """Nobody is in, and what is behind the door leads back to it."""
        with self.site.context():
            inside = db.session.scalar(select(func.count()).select_from(LoginSession))
        return inside == 0 and self.browser.get("/contacts", keep=False).location == "/login/code"

    def enter(self, code: str) -> Page:
        self.browser.get("/login/code")
        return self.browser.submit(code=code)


def _offered(page: Page) -> frozenset[str]:
    seen = {
        "resend": '[data-poll-if="resend"]:not([hidden]) form[action="/login/code/resend"]',
        "call": '[data-poll-if="call"]:not([hidden]) form[action="/login/code/call"]',
        "help": "details[open]",
    }
    return frozenset(name for name, where in seen.items() if page.html.select_one(where) is not None)


@pytest.fixture
def walk(
    vonage_site: Site, owner: User, vonage: VonageStandin, vonage_key: str, time_machine_at: Clock
) -> Walk:
    """The text of a person meets what the row says, and is worked on until nothing more is to be done for it."""

    def to_the_end(row: Row) -> Story:
        timeout, deadline = row.patience
        gateway = VonageSmsGateway(
            application_id="78d335fa-323d-0114-9c3d-d6f0d48968cf", private_key=vonage_key, sender="Acme",
            api_host=vonage.host, timeout=timeout, deadline=deadline,
        )  # fmt: skip
        begin(row, vonage)
        with sms_gateway(vonage_site, gateway):
            story = Story(vonage_site, owner, vonage, time_machine_at)
            story.work()
            assert story.stopped is row.stops_all
            assert story.look()[1], "there is a way on while it is not settled"
            assert story.is_outside()
            end_once(row, vonage)
            story.work_until_nothing_is_due()
        return story

    return to_the_end


def tell(story: Story, row: Row) -> None:
    """Everything that the row says, to the end of the code's life and beyond."""
    if row.state == "expired":  # it waits to its end for a provider who takes it
        assert story.text.state == "queued"
        story.wait(seconds_until(story.expires_at) - 5)

    assert story.look() == (row.kind, row.offers)
    assert story.is_outside()
    if row.code_works:
        assert story.enter(f"{(int(story.code) + 1) % 1_000_000:06}").status == 422
        assert story.is_outside()
        assert story.enter(story.code).location == "/"

    story.wait(seconds_until(story.expires_at) + 61)
    story.work()
    text = story.text
    assert len(story.vonage.requests) == row.posts
    assert (text.state, text.error_code) == (row.state, row.error_code)
    with story.site.context():
        assert why(text) is row.meaning
    assert story.stopped is (row.state == "expired")
    assert text.lease_until is None
    assert re.search(r"\d{6}|Acme", text.reason or "") is None
    if not row.code_works:
        assert story.look()[1], "there is a way on when the code's life is over"
        assert not story.vonage.requests or story.enter(story.code).status == 422
        assert story.is_outside()


@on_sqlite
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
@pytest.mark.asvs("13.2.6", "16.5.2", "16.5.3")
def test_whatever_becomes_of_a_text_it_goes_as_often_as_it_may_and_the_person_has_a_way_on(
    row: Row, walk: Walk
) -> None:
    tell(walk(row), row)


@on_postgresql
@pytest.mark.parametrize("row", ONE_OF_EACH, ids=lambda row: row.name)
def test_one_of_each_ends_the_same_on_postgresql(row: Row, walk: Walk) -> None:
    tell(walk(row), row)


@on_sqlite
@pytest.mark.parametrize("name", ["close", "422#1170", f"429 {FOR_EVER}"])
def test_a_text_that_is_asked_for_again_carries_the_code_of_the_first(name: str, walk: Walk) -> None:
    """Whichever of the two arrives, its code is good."""
    row = named(name)
    story = walk(row)
    first = story.code
    story.vonage.default = "202"
    story.wait(31)
    story.browser.get("/login/code")
    assert story.browser.submit(form="/login/code/resend").location == "/login/code"
    story.work()
    assert (len(story.vonage.requests), story.text.state) == (row.posts + 1, "accepted")
    assert story.code == first
    assert story.is_outside()
    assert story.enter(first).location == "/"


@on_sqlite
def test_a_code_that_died_while_texts_were_stopped_says_so_and_the_next_one_goes_when_they_go_again(
    walk: Walk,
) -> None:
    story = walk(named(f"402 {FOR_EVER}"))
    story.wait(seconds_until(story.expires_at) + 1)
    story.work()
    page = story.browser.get("/login/code")
    assert "We cannot send text messages at the moment" in page.words
    assert story.browser.submit(form="/login/code/resend").location == "/login/code"
    story.vonage.default = "202"
    story.wait(361)
    story.work()
    assert story.enter(story.code).location == "/"
