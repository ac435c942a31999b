"""The console is for support. Members get 403 on every page and every button, and see no link to it."""

import pytest

from services import support_requests
from tests.support.site import Site
from tests.support_console.console import EVIDENCE, REASON, account_path, disable_path

GETS = ["/support", "/support/accounts/{account}", "/support/requests", "/support/requests/{request}",
        "/support/delivery", "/support/help-answers", "/support/accounts/{account}/two-factor/disable"]  # fmt: skip
POSTS = [
    "/support/accounts/{account}/two-factor/disable",
    "/support/accounts/{account}/two-factor/keep",
    "/support/requests/{request}/close",
]


@pytest.mark.threat("F8")
@pytest.mark.parametrize("who", ["owner", "user"])
def test_members_may_read_and_do_nothing_here(site: Site, who: str) -> None:
    account, owner = site.world.acme()
    person = owner if who == "owner" else site.world.user(account)
    with site.context():
        asked = support_requests.file(email=owner.email, subject="Lost phone", message="Please help", me=None)
    browser = site.signed_in(person)
    ids = {"account": account.public_id, "request": asked.public_id}
    for path in GETS:
        assert browser.get(path.format(**ids)).status == 403, path
    fields = {"reason": REASON, "evidence": EVIDENCE, "account_name": account.name}
    for path in POSTS:
        browser.get("/help/contact-support")
        assert browser.post(path.format(**ids), fields).status == 403, path
    assert site.world.reload(account).two_factor_on
    assert site.world.reload(asked).state == "open"


def test_members_see_no_link_to_the_console(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    for path in ("/help/two-factor-authentication", "/help/contact-support"):
        assert 'href="/support' not in browser.get(path).text


def test_who_is_not_signed_in_is_sent_to_sign_in(site: Site) -> None:
    account, _ = site.world.acme()
    browser = site.browser()
    assert browser.get(account_path(account)).location.startswith("/login")
    browser.get("/login")
    answer = browser.post(disable_path(account), {"reason": REASON})
    assert answer.location.startswith("/login")
    assert site.world.reload(account).two_factor_on


def test_an_unknown_or_odd_id_is_not_found(site: Site) -> None:
    browser = site.signed_in(site.world.support())
    browser.get("/support")
    for odd in ("nobody", "A" * 22, "A" * 5000, "%00", "é", "..", "1"):
        for path in (f"/support/accounts/{odd}", f"/support/requests/{odd}"):
            assert browser.get(path).status == 404, path
        for path in (f"/support/accounts/{odd}/two-factor/disable", f"/support/requests/{odd}/close"):
            browser.get("/support")
            assert browser.post(path, {}).status == 404, path


def test_a_post_without_its_token_changes_nothing(site: Site) -> None:
    account, _ = site.world.acme()
    browser = site.signed_in(site.world.support())
    answer = browser.post(disable_path(account), {"reason": REASON}, csrf=False)
    assert answer.status == 400
    assert site.world.reload(account).two_factor_on


def test_support_have_no_contacts_and_no_exports(site: Site) -> None:
    browser = site.signed_in(site.world.support())
    for path in (
        "/contacts",
        "/contacts/export",
        "/contacts/exports",
        "/settings/account",
        "/settings/activity",
    ):
        assert browser.get(path).status == 403, path
