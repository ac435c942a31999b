"""Asking for a new password does the same work for every address: its time tells nobody who exists."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from extensions import db
from models import AuditEvent, User
from services import jobs
from services.audit import Event
from services.clock import now
from services.unit_of_work import write
from tests.support.site import Site
from tests.support.statements import statements


def work_for(site: Site, email: str) -> list[str]:
    browser = site.browser()
    browser.get("/password/forgot")
    with statements(site) as seen:
        assert browser.submit(email=email).location == "/login"
    return seen


@pytest.fixture
def people(site: Site) -> dict[str, str]:
    """One address of every kind."""
    account, owner = site.world.acme()
    gone = site.world.user(account)
    with site.context(), write() as session:
        session.get_one(User, gone.id).removed_at = now()
    return {
        "known": owner.email,
        "support": site.world.support().email,
        "invited": site.world.user(account, password_hash=None).email,
        "removed": gone.email,
        "unknown": "nobody@nowhere.example",
    }


@pytest.mark.asvs("6.3.8")
def test_every_address_costs_the_same_statements(site: Site, people: dict[str, str]) -> None:
    work_for(site, "first@nowhere.example")
    work = {kind: work_for(site, email) for kind, email in people.items()}
    assert len(work["unknown"]) > 2
    for kind, done in work.items():
        assert done == work["unknown"], kind
    assert not [statement for statement in work["known"] if "users" in statement]


def test_only_people_who_can_sign_in_are_mailed(site: Site, people: dict[str, str]) -> None:
    for email in people.values():
        work_for(site, email)
    assert sorted(mail["to"] for mail in site.mails()) == sorted([people["known"], people["support"]])
    with site.context():
        asked = list(
            db.session.scalars(select(AuditEvent).where(AuditEvent.event == Event.PASSWORD_RESET_ASKED))
        )
        assert len(asked) == 2
        assert jobs.due_ids() == []


def test_the_log_names_the_browser_that_asked_and_not_the_worker(site: Site, people: dict[str, str]) -> None:
    browser = site.browser(user_agent="Curious/1.0")
    browser.get("/password/forgot")
    browser.submit(email=people["known"])
    site.mails()
    with site.context():
        asked = db.session.scalars(
            select(AuditEvent).where(AuditEvent.event == Event.PASSWORD_RESET_ASKED)
        ).one()
        assert (asked.address, asked.user_agent) == ("127.0.0.1", "Curious/1.0")


def test_a_limit_reached_for_one_address_is_the_same_for_every_address(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(LIMIT_MAIL_ADDRESS="2/hour")
    owner = site.world.acme()[1]
    work: dict[str, list[list[str]]] = {}
    for kind, email in (("known", owner.email), ("unknown", "nobody@nowhere.example")):
        work[kind] = []
        for number in range(3):
            browser = site.browser()
            browser.get("/password/forgot")
            with statements(site) as seen:
                answer = browser.post(
                    "/password/forgot",
                    {"email": email},
                    environ_overrides={"REMOTE_ADDR": f"203.0.113.{number}"},
                )
            assert answer.location == "/login"
            work[kind].append(seen)
    assert work["known"] == work["unknown"]
    # The second link voided the first before it was mailed; the third was not made.
    assert len(site.mails(owner.email)) == 1
