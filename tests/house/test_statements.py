"""What a page may cost the database: few statements, and never one more for a row."""

import pytest

from models import Account, User
from tests.support.site import Site
from tests.support.statements import statements

#: Pages of an account owner, with the most statements each may run: one for session, user and account, the rest
#: the page's own.
PAGES = {
    "/contacts": 4,
    "/contacts/new": 3,
    "/contacts/lists": 3,
    "/contacts/fields": 2,
    "/contacts/import": 3,
    "/contacts/export": 4,
    "/contacts/exports": 3,
    "/settings/account": 5,
    "/settings/account/mobile-numbers": 3,
    "/settings/users": 3,
    "/settings/users/new": 3,
    "/settings/profile": 3,
    "/settings/password": 3,
    "/settings/browsers": 3,
    "/settings/activity": 3,
    "/help/two-factor-authentication": 1,
    "/help/contact-support": 1,
}


def people(site: Site, account: Account, count: int) -> None:
    for _ in range(count):
        user = site.world.user(account)
        site.signed_in(user)
    site.world.contacts(account, count, list_name=f"List of {count}")


@pytest.fixture
def account_and_owner(site: Site) -> tuple[Account, User]:
    return site.world.acme()


def test_a_page_runs_few_statements_and_none_for_a_row(
    site: Site, account_and_owner: tuple[Account, User]
) -> None:
    account, owner = account_and_owner
    browser = site.signed_in(owner)
    people(site, account, 2)
    few = cost_of_pages(site, browser)
    people(site, account, 9)
    many = cost_of_pages(site, browser)
    assert {path: len(many[path]) for path in PAGES} == {path: len(few[path]) for path in PAGES}
    over = {path: many[path] for path, most in PAGES.items() if len(many[path]) > most}
    assert not over


def cost_of_pages(site: Site, browser) -> dict[str, list[str]]:  # type: ignore[no-untyped-def]
    costs = {}
    for path in PAGES:
        browser.get(path)  # what is read once in the life of a process is not the page's
        with statements(site) as seen:
            assert browser.get(path).status == 200, path
        costs[path] = list(seen)
    return costs


@pytest.mark.parametrize("path", ["/login", "/password/forgot", "/static/app.css", "/healthz"])
def test_a_page_that_asks_for_nobody_reads_nobody(site: Site, path: str) -> None:
    with statements(site) as seen, site.app.test_client().get(path) as answer:
        assert answer.status_code == 200
    assert seen == []
