""" "This was not me": what the link in a notice closes, and that it does nothing else."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from extensions import db
from models import AuditEvent, User
from services import links, notices
from services.clock import now
from services.unit_of_work import write
from tests.support.browser import Browser
from tests.support.site import Site


def notice(site: Site, user: User) -> str:
    """The link in a notice that ``user`` just got."""
    with site.context(), write():
        notices.new_browser(user)
    return site.link(user.email, "/not-me/")


def test_it_signs_out_everywhere_and_forgets_every_browser(site: Site) -> None:
    _, owner = site.world.acme()
    thief, other = site.signed_in(owner), site.signed_in(owner)
    browser = site.browser()
    page = browser.get(notice(site, owner))
    assert page.heading == "This was not you?"
    done = browser.submit()
    assert done.status == 200
    assert done.heading == "You are signed out everywhere"
    assert done.html.select_one('a[href="/password/forgot"]') is not None
    for session in (thief, other):
        assert session.get("/settings/password").location.startswith("/login")
    thief.get("/login")
    assert thief.submit(email=owner.email, password=site.world.password).location == "/login/code"


def test_it_signs_nobody_in(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get(notice(site, owner))
    browser.submit()
    assert browser.get("/settings/password").location.startswith("/login")


@pytest.mark.threat("E7")
def test_opening_it_closes_nothing(site: Site) -> None:
    _, owner = site.world.acme()
    member = site.signed_in(owner)
    path = notice(site, owner)
    for _ in range(3):
        assert site.browser().get(path).status == 200
        assert site.browser().head(path).status == 200
    assert member.get("/settings/password").status == 200


def test_it_works_once(site: Site) -> None:
    _, owner = site.world.acme()
    path = notice(site, owner)
    browser = site.browser()
    page = browser.get(path)
    browser.submit()
    member = site.signed_in(owner)
    again = browser.get(path)
    assert again.status == 410
    assert again.heading == "This link does not work any more"
    browser.page = page
    assert browser.submit().status == 410
    assert member.get("/settings/password").status == 200


def test_a_code_on_its_way_is_worth_nothing_after_it(site: Site) -> None:
    _, owner = site.world.acme()
    thief = site.browser()
    thief.get("/login")
    thief.submit(email=owner.email, password=site.world.password)
    code_page = thief.get("/login/code")
    code = site.code(owner.mobile_number)
    browser = site.browser()
    browser.get(notice(site, owner))
    browser.submit()
    thief.page = code_page
    thief.submit(code=code)
    assert thief.get("/settings/password").location.startswith("/login")


def test_a_password_link_on_its_way_is_worth_nothing_after_it(site: Site) -> None:
    _, owner = site.world.acme()
    thief = site.browser()
    thief.get("/password/forgot")
    thief.submit(email=owner.email)
    reset = site.link(owner.email, "/password/reset/")
    browser = site.browser()
    browser.get(notice(site, owner))
    browser.submit()
    assert thief.get(reset).status == 410


def test_the_owner_is_told(site: Site) -> None:
    account, owner = site.world.acme()
    colleague = site.world.user(account, name="Ana Lindqvist")
    browser = site.browser()
    browser.get(notice(site, colleague))
    browser.submit()
    assert site.mails(owner.email)[-1]["subject"] == "Ana Lindqvist reported a change they did not make"


def test_an_owner_is_told_in_words_that_fit(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get(notice(site, owner))
    browser.submit()
    mail = site.mails(owner.email)[-1]
    assert mail["subject"] == "You reported a change that you did not make"
    assert "reported" not in mail["text"]
    assert "We signed you out everywhere" in mail["text"]


def test_a_link_to_set_a_new_password_is_mailed_in_the_same_act(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get(notice(site, owner))
    assert "link for this is on its way" in browser.submit().words
    new = "four quiet purple gliders"
    browser.get(site.link(owner.email, "/password/reset/"))
    assert browser.submit(password=new, password_again=new).location == "/login"


def test_someone_without_a_password_is_mailed_no_link_to_set_one(site: Site) -> None:
    account, _ = site.world.acme()
    invited = site.world.user(account, password_hash=None)
    browser = site.browser()
    browser.get(notice(site, invited))
    assert "link for this is on its way" not in browser.submit().words
    assert [mail["subject"] for mail in site.mails(invited.email)] == ["New sign-in to Engagement Cloud"]


def test_others_stay_signed_in(site: Site) -> None:
    account, owner = site.world.acme()
    colleague = site.world.user(account)
    member = site.signed_in(owner)
    browser = site.browser()
    browser.get(notice(site, colleague))
    browser.submit()
    assert member.get("/settings/password").status == 200


def test_support_staff_can_use_theirs(site: Site) -> None:
    support = site.world.support()
    member = site.signed_in(support)
    browser = site.browser()
    browser.get(notice(site, support))
    assert browser.submit().status == 200
    assert member.get("/support").location.startswith("/login")


def test_it_is_recorded(site: Site) -> None:
    account, owner = site.world.acme()
    browser = site.browser()
    browser.get(notice(site, owner))
    browser.submit()
    with site.context():
        statement = (
            select(AuditEvent.event).where(AuditEvent.account_id == account.id).order_by(AuditEvent.number)
        )
        kinds = list(db.session.scalars(statement))
    assert kinds[-2:] == ["notice:not_me", "browser:all_revoked"]


def test_a_week_later_it_does_nothing(site: Site, time_machine_at: Callable[..., None]) -> None:
    _, owner = site.world.acme()
    path = notice(site, owner)
    time_machine_at(days=6, hours=23)
    assert site.browser().get(path).status == 200
    time_machine_at(hours=1, minutes=1)
    assert site.browser().get(path).status == 410


def test_the_link_of_a_removed_user_does_nothing(site: Site) -> None:
    account, _ = site.world.acme()
    colleague = site.world.user(account)
    path = notice(site, colleague)
    with site.context(), write() as session:
        session.get_one(User, colleague.id).removed_at = now()
    assert site.browser().get(path).status == 410


@pytest.mark.threat("C3")
def test_links_for_other_purposes_are_nothing_here(site: Site) -> None:
    _, owner = site.world.acme()
    with site.context():
        made = {purpose: links.token(links.create(owner, purpose, lifetime=600)) for purpose in
                (links.PASSWORD_RESET, links.INVITATION, links.STOP_DISABLE, links.NOT_ME)}  # fmt: skip
    browser = site.browser()
    for purpose, token in made.items():
        assert browser.get(f"/not-me/{token}").status == (200 if purpose == links.NOT_ME else 410), purpose
        assert browser.get(f"/two-factor/keep/{token}").status == 410, purpose


@pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "é%FF", "a.b.c", "..", "IlFx.", "🙂"])
def test_an_odd_token_is_a_dead_link(site: Site, token: str) -> None:
    browser: Browser = site.browser()
    for path in (f"/not-me/{token}", f"/two-factor/keep/{token}"):
        assert browser.get(path).status == 410, path
        browser.get("/login")
        assert browser.post(path, {}).status == 410, path
