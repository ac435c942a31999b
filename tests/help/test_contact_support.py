"""Writing to support, from inside and from outside."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from extensions import db
from models import AuditEvent, SupportRequest
from services.clock import now
from tests.support.browser import Browser, Page
from tests.support.site import Site

PATH = "/help/contact-support"
FIELDS = {
    "email": "someone@else.example",
    "subject": "Lost phone",
    "message": "My phone is gone.\n\nPlease help.",
}


def write(browser: Browser, **changed: Any) -> Page:
    browser.get(PATH)
    return browser.submit(having="subject", **{**FIELDS, **changed})


def test_a_request_from_outside_is_kept(site: Site) -> None:
    browser = site.browser()
    answer = write(browser)
    assert answer.status == 303
    page = browser.get(answer.location)
    assert page.heading == "Your request is with our support"
    assert "never" in page.words.lower()
    asked = _only(site)
    assert (asked.email, asked.subject, asked.message) == tuple(FIELDS.values())
    assert asked.user_id is None
    assert asked.account_id is None
    assert asked.address == "127.0.0.1"
    assert asked.state == "open"


def test_the_account_is_found_by_the_address(site: Site) -> None:
    account, owner = site.world.acme()
    write(site.browser(), email=f"  {owner.email.upper()} ")
    asked = _only(site)
    assert asked.account_id == account.id
    assert asked.user_id is None  # an address proves nothing


def test_a_signed_in_writer_is_known_by_the_session_whatever_address_they_give(site: Site) -> None:
    account, owner = site.world.acme()
    browser = site.signed_in(owner)
    assert browser.get(PATH).value("email") == owner.email
    write(browser, email="private@home.example")
    asked = _only(site)
    assert (asked.email, asked.user_id, asked.account_id) == ("private@home.example", owner.id, account.id)


@pytest.mark.threat("I4")
def test_known_and_unknown_addresses_are_answered_alike(site: Site) -> None:
    _, owner = site.world.acme()
    known, unknown = site.browser(), site.browser()
    answers = [write(known, email=owner.email), write(unknown)]
    assert answers[0].location == answers[1].location
    assert answers[0].status == answers[1].status
    pages = [browser.get(answers[0].location).text for browser in (known, unknown)]
    assert len({re.sub(r'name="csrf_token" value="[^"]+"', "", page) for page in pages}) == 1


def test_who_owns_the_address_is_told_without_the_writers_words(site: Site) -> None:
    _, owner = site.world.acme()
    write(site.browser(), email=owner.email, subject="Visit evil.example now", message="And see evil.example")
    mail = site.mails(owner.email)[-1]
    assert mail["subject"] == "We have your request"
    assert "evil.example" not in mail["text"] + mail["subject"]
    assert "If you did not write to us" in mail["text"]


def test_an_address_that_nobody_has_gets_no_mail(site: Site) -> None:
    write(site.browser())
    assert site.mails() == []


def test_a_signed_in_writer_gets_the_subject_back_at_their_own_address(site: Site) -> None:
    _, owner = site.world.acme()
    write(site.signed_in(owner), email="private@home.example")
    assert site.mails(owner.email)[-1]["subject"] == "We have your request: Lost phone"
    assert site.mails("private@home.example") == []


def test_mails_to_one_person_are_limited_and_no_request_is_lost(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_MAIL_ADDRESS="2/hour")
    _, owner = site.world.acme()
    for _ in range(4):
        assert write(site.browser(), email=owner.email).status == 303
    assert len(site.mails(owner.email)) == 2
    assert _count(site, SupportRequest) == 4


@pytest.mark.parametrize(("sent", "status"), [(2, 303), (3, 429)])
def test_requests_from_one_network_are_limited(
    make_site: Callable[..., Site], sent: int, status: int
) -> None:
    site = make_site(LIMIT_SUPPORT_REQUEST_ADDRESS="2/hour")
    for _ in range(sent - 1):
        write(site.browser())
    answer = write(site.browser())
    assert answer.status == status
    if status == 429:
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.value("message") == FIELDS["message"]
        assert "Too many requests" in answer.errors[0]
        assert _count(site, SupportRequest) == 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": None}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "a@b\x00.example"}, "email"),
        ({"email": "a@" + "b" * 400 + ".example"}, "email"),
        ({"email": "Someone <a@b.example>"}, "email"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "email"),
        ({"subject": ""}, "subject"),
        ({"subject": "   "}, "subject"),
        ({"subject": None}, "subject"),
        ({"subject": "two\nlines"}, "subject"),
        ({"subject": "x" * 151}, "subject"),
        ({"subject": "nul\x00"}, "subject"),
        ({"message": ""}, "message"),
        ({"message": None}, "message"),
        ({"message": "x" * 5001}, "message"),
        ({"message": "esc\x1b[0m"}, "message"),
        ({"message": "x" * 500_000}, "message"),
    ],
)
def test_what_is_not_right_is_said_at_its_field_and_the_rest_is_kept(
    site: Site, changed: dict[str, Any], field: str
) -> None:
    page = write(site.browser(), **changed)
    assert page.status == 422
    assert page.error(field)
    for name, value in FIELDS.items():
        if name != field:
            assert page.value(name) == value
    assert _count(site, SupportRequest) == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "x" * 150},
        {"message": "x" * 5000},
        {"message": "漢字 🙂 مرحبا\r\nSecond line\tand a tab"},
        {"email": "zoë@exämple.org"},
        {"subject": "'; DROP TABLE users; --"},
    ],
)
def test_what_is_right_is_taken(site: Site, changed: dict[str, str]) -> None:
    assert write(site.browser(), **changed).status == 303


@pytest.mark.asvs("15.2.2")
def test_a_body_that_is_too_large_is_refused(site: Site) -> None:
    assert write(site.browser(), message="x" * 2_000_000).status == 413
    assert _count(site, SupportRequest) == 0


def test_a_field_sent_twice_is_refused(site: Site) -> None:
    assert write(site.browser(), subject=["one", "two"]).status == 422


def test_without_its_token_nothing_is_filed(site: Site) -> None:
    assert site.browser().post(PATH, dict(FIELDS), csrf=False).status == 400
    assert _count(site, SupportRequest) == 0


def test_it_is_in_the_accounts_log_and_the_sites(site: Site) -> None:
    account, owner = site.world.acme()
    write(site.browser(), email=owner.email)
    write(site.browser())
    with site.context():
        rows = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "support:requested")).all()
        assert {row.chain for row in rows} == {account.public_id, "site"}
        assert {row.actor_label for row in rows} == {"someone who was not signed in"}


def test_a_removed_user_is_not_told_and_not_matched(site: Site) -> None:
    account, _ = site.world.acme()
    gone = site.world.user(account, removed_at=now())
    write(site.browser(), email=gone.email)
    assert _only(site).account_id is None
    assert site.mails(gone.email) == []


def test_the_code_page_leads_here(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get("/login")
    browser.submit(email=owner.email, password=site.world.password)
    browser.get("/login/code")
    answer = browser.post("/login/code/cancel", {"to": "support"})
    assert answer.location == PATH
    assert browser.get(PATH).heading == "Contact support"


def _only(site: Site) -> SupportRequest:
    with site.context():
        found = db.session.scalars(select(SupportRequest)).one()
        db.session.expunge(found)
        return found


def _count(site: Site, model: type[Any]) -> int:
    with site.context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0
