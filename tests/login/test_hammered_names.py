"""A stranger hammers a name: they wait, its owner does not, and nobody learns whose name it is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from extensions import db
from models import User
from models.limit import GrowingDelay
from services import delays, sign_in_counts
from services.audit import Event
from services.clock import now
from tests.support.browser import Browser, Page
from tests.support.estate import estate
from tests.support.rows import events
from tests.support.site import LONG, Site
from tests.support.statements import statements

Make = Callable[..., Site]
WRONG = "wrong wrong wrong"


def attempt(browser: Browser, email: str, password: str = WRONG, address: str = "127.0.0.1") -> Page:
    fields = {"email": email, "password": password}
    return browser.post("/login", fields, environ_overrides={"REMOTE_ADDR": address})


def hammer(site: Site, email: str, times: int = 6) -> Page:
    """So many wrong passwords from addresses all over the world; the last answer."""
    browser = site.browser()
    return [attempt(browser, email, address=f"198.51.100.{at}") for at in range(times)][-1]


def failures(site: Site, email: str) -> int:
    with site.context():
        return delays.failures("sign_in_user", sign_in_counts.by_name(email))


@pytest.mark.asvs("6.3.1", "2.4.1")
@pytest.mark.threat("B1", "B11")
def test_the_sixth_wrong_password_waits_a_second_and_the_form_is_kept(site: Site) -> None:
    _, owner = site.world.acme()
    with time_machine.travel(now(), tick=False) as clock:
        page = hammer(site, owner.email)
        assert (page.status, page.headers["Retry-After"]) == (429, "1")
        assert page.value("email") == owner.email
        clock.shift(timedelta(seconds=1))
        browser = site.browser()
        assert attempt(browser, owner.email).status == 422
        assert attempt(browser, owner.email).headers["Retry-After"] == "2"


@pytest.mark.threat("B11")
def test_the_right_password_is_not_looked_at_during_a_wait_and_gets_in_after_it(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    with time_machine.travel(now(), tick=False) as clock:
        hammer(site, owner.email)
        browser = site.browser()
        assert attempt(browser, owner.email, site.world.password).status == 429
        clock.shift(timedelta(seconds=1))
        assert attempt(browser, owner.email, site.world.password).location == "/"


@pytest.mark.threat("B11")
def test_a_trusted_browser_gets_in_while_its_name_and_its_network_are_hammered(make_site: Make) -> None:
    site = make_site(LIMIT_SIGN_IN_ADDRESS="3/hour", **LONG)
    of = estate(site, "Borealis")
    trusted = site.trusted(of.owner)
    stranger = site.browser()
    for at in range(8):
        attempt(stranger, of.owner.email if at % 2 else f"nobody{at}@nowhere.example")
    assert stranger.last.status == 429
    assert attempt(trusted, of.owner.email, site.world.password).location == "/"


@pytest.mark.threat("B11")
def test_a_trusted_browser_may_not_guess_without_end_either(make_site: Make) -> None:
    site = make_site(**LONG)
    _, owner = site.world.acme()
    thief = site.trusted(owner)
    assert [attempt(thief, owner.email).status for _ in range(6)] == [422] * 5 + [429]
    assert failures(site, owner.email) == 0, "its failures are not those of the name"


@pytest.mark.threat("B11")
def test_who_set_the_password_by_a_mailed_link_gets_in_however_a_stranger_hammers(make_site: Make) -> None:
    site = make_site(**LONG)
    of = estate(site, "Borealis")
    person, new = site.browser(), "nine wandering teapots sing"
    person.post("/password/forgot", {"email": of.owner.email})
    person.post(site.link(of.owner.email, "/password/reset/"), {"password": new, "password_again": new})
    assert hammer(site, of.owner.email).status == 429
    assert attempt(site.browser(), of.owner.email, new).status == 429
    assert attempt(person, of.owner.email, new).location == "/login/code"
    person.post("/login/code/cancel")
    assert attempt(person, of.owner.email, new).location == "/login/code", "also when they begin again"
    person.post("/login/code/cancel")
    assert [attempt(person, of.owner.email).status for _ in range(6)] == [422] * 5 + [429], (
        "its own count ends, too"
    )
    assert attempt(person, of.user.email).status == 422, "it is nobody else's"


@pytest.mark.asvs("6.3.1")
@pytest.mark.threat("B3")
def test_the_right_password_forgives_nothing_before_the_code(make_site: Make) -> None:
    site = make_site(**LONG)
    _, owner = site.world.acme()
    browser = site.browser()
    for _ in range(4):
        attempt(browser, owner.email)
    for _ in range(3):
        assert attempt(site.browser(), owner.email, site.world.password).location == "/login/code"
    assert failures(site, owner.email) == 4
    assert attempt(browser, owner.email).status == 422
    assert attempt(browser, owner.email).status == 429


@pytest.mark.threat("B3")
@pytest.mark.parametrize("two_factor", [True, False])
def test_the_whole_sign_in_forgives(site: Site, two_factor: bool) -> None:
    _, owner = site.world.acme(two_factor=two_factor)
    for _ in range(4):
        attempt(site.browser(), owner.email)
    site.signed_in(owner)
    assert failures(site, owner.email) == 0


@pytest.mark.threat("B3")
def test_a_sign_in_in_a_trusted_browser_gives_a_stranger_no_fresh_tries(make_site: Make) -> None:
    site = make_site(**LONG)
    _, owner = site.world.acme()
    trusted = site.trusted(owner)
    hammer(site, owner.email)
    before = failures(site, owner.email)
    assert attempt(trusted, owner.email, site.world.password).location == "/"
    assert failures(site, owner.email) == before >= 5


# --- nobody learns who exists


@pytest.mark.asvs("6.3.8")
@pytest.mark.threat("I4")
def test_known_and_unknown_names_wait_alike_and_cost_the_same_statements(site: Site) -> None:
    _, owner = site.world.acme()
    attempt(site.browser(), "first@nowhere.example")
    told = []
    for email in (owner.email, site.world.support().email, "nobody@nowhere.example"):
        answers = []
        browser = site.browser()
        browser.client.set_cookie("browser", "a-token.that-nobody-has")
        with time_machine.travel(now(), tick=False):
            for at in range(8):
                with statements(site) as seen:
                    page = attempt(browser, email, address=f"198.51.100.{at}")
                answers.append(
                    (page.status, page.errors, page.headers.get("Retry-After"), len(page.data), seen)
                )
        told.append([(*answer[:3], answer[3] - len(email), answer[4]) for answer in answers])
    for others in told[1:]:
        for mine, theirs in zip(told[0], others, strict=True):
            assert mine == theirs


@pytest.mark.threat("I4")
def test_the_table_of_delays_names_nobody(site: Site) -> None:
    _, owner = site.world.acme()
    attempt(site.browser(), owner.email)
    with site.context():
        rows = db.session.execute(select(GrowingDelay.name, GrowingDelay.key_hash)).all()
    assert {len(bytes(row.key_hash)) for row in rows} == {16}
    assert owner.email not in repr(rows)


# --- what is refused is written down, and no flood of it


@pytest.mark.asvs("16.3.1", "16.3.3")
def test_refused_tries_leave_one_event_an_hour_in_the_accounts_log(site: Site) -> None:
    of = estate(site, "Borealis")
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(3):
            hammer(site, of.owner.email, 8)
        refused = events(site, Event.SIGN_IN_REFUSED)
        assert [(one.account_id, one.subject_id, one.outcome) for one in refused] == [
            (of.account.id, of.owner.id, "failure")
        ]
        clock.shift(timedelta(minutes=80))
        while hammer(site, of.owner.email, 1).status != 429:
            pass
        assert len(events(site, Event.SIGN_IN_REFUSED)) == 2


def test_refused_tries_at_nobodys_name_are_in_the_sites_log(make_site: Make) -> None:
    site = make_site(**LONG)
    hammer(site, "nobody@nowhere.example", 9)
    refused = events(site, Event.SIGN_IN_REFUSED)
    assert [(one.chain, one.subject_id, one.details) for one in refused] == [
        ("site", None, {"limit": "name"})
    ]


def test_a_network_that_is_refused_is_in_the_sites_log_whatever_name_it_tried(make_site: Make) -> None:
    site = make_site(LIMIT_SIGN_IN_ADDRESS="3/hour", **LONG)
    of = estate(site, "Borealis")
    browser = site.browser()
    for person in (of.owner, of.user, of.exporter, of.owner, of.user):
        attempt(browser, person.email)
    refused = events(site, Event.SIGN_IN_REFUSED)
    assert [(one.chain, one.subject_id, one.details) for one in refused] == [
        ("site", None, {"limit": "network"})
    ]


def test_refused_links_to_a_new_password_leave_one_event(make_site: Make) -> None:
    site = make_site(LIMIT_MAIL_ADDRESS="2/hour")
    for _ in range(5):
        site.browser().post("/password/forgot", {"email": "nobody@nowhere.example"})
    assert len(events(site, Event.RESET_REFUSED)) == 1


# --- the whole site


@pytest.mark.threat("B11")
def test_a_site_under_attack_refuses_no_name_and_slows_who_fails(make_site: Make) -> None:
    site = make_site(LIMIT_SIGN_IN_SITE="5/hour", LIMIT_SIGN_IN_ADDRESS="20/hour", **LONG)
    _, owner = site.world.acme(two_factor=False)
    for at in range(5):
        attempt(site.browser(), f"nobody{at}@nowhere.example", address=f"198.51.100.{at}")
    sprayer = site.browser()
    answers = [
        attempt(sprayer, f"person{at}@nowhere.example", address="203.0.113.1").status for at in range(5)
    ]
    assert answers == [422, 422, 422, 429, 429]
    assert attempt(site.browser(), owner.email, site.world.password).location == "/"


@pytest.mark.asvs("6.3.1")
def test_one_address_waits_after_its_limit_and_another_does_not(make_site: Make) -> None:
    site = make_site(LIMIT_SIGN_IN_ADDRESS="4/hour", **LONG)
    browser = site.browser()
    names = iter(f"nobody{at}@nowhere.example" for at in range(99))
    assert [attempt(browser, next(names)).status for _ in range(5)] == [422] * 4 + [429]
    assert attempt(browser, next(names), address="203.0.113.9").status == 422
    with site.context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 0
