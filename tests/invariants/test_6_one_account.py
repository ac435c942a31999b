"""Invariant 6. Two accounts side by side, and nothing of one to be had through the other."""

import pytest

from tests.support.browser import Browser
from tests.support.estate import Estate, address, estate, routes
from tests.support.rows import snapshot
from tests.support.site import Site

#: Whoever holds the link has what it is for; it belongs to a mail address, not to a session.
_LINKS = {"login.reset_password", "login.invitation", "help.not_me", "help.keep_two_factor"}


@pytest.fixture
def both(site: Site) -> tuple[Estate, Estate]:
    return estate(site, "Acorn"), estate(site, "Borealis", digit=1)


def rows_of(site: Site, of: Estate) -> dict[str, list[dict[str, object]]]:
    """Every row that belongs to the account, but for its log."""
    people = {of.owner.id, of.exporter.id, of.user.id}
    return {
        table: [
            row for row in rows.values()
            if row.get("account_id") == of.account.id or row.get("user_id") in people
            or (table == "accounts" and row["id"] == of.account.id)
        ]
        for table, rows in snapshot(site).items()
        if not table.startswith("audit")
    }  # fmt: skip


@pytest.mark.asvs("8.2.2", "8.4.1")
@pytest.mark.threat("F7")
@pytest.mark.threat("X2")
def test_any_id_of_another_account_is_a_404_and_nothing_of_it_appears(
    site: Site, both: tuple[Estate, Estate]
) -> None:
    mine, theirs = both
    owner = site.signed_in(mine.owner)
    before = rows_of(site, theirs)
    for rule in routes(site):
        asks_by_id = bool(rule.arguments - {"filename"}) and rule.endpoint not in _LINKS
        for method in sorted((rule.methods or set()) & {"GET", "HEAD", "POST"}):
            if rule.endpoint == "login.sign_out" or rule.endpoint in _LINKS:
                continue
            path = address(rule, theirs.ids)
            page = owner.post(path, names_of(theirs)) if method == "POST" else owner._open(method, path)
            told = f"{method} {path}: {page.status}"
            if asks_by_id:
                assert page.status == (403 if rule.endpoint.startswith("support.") else 404), told
            assert page.status < 500, told
            assert not [secret for secret in theirs.secrets if secret in page.text], told
    assert rows_of(site, theirs) == before


def names_of(theirs: Estate) -> dict[str, str]:
    """Ids of the other account where a form of one's own expects one's own."""
    return {
        "list": theirs.ids["list_id"], "columns": "Email", "user_id": theirs.user.public_id,
        "account_id": theirs.account.public_id, f"mobile_number-{theirs.user.public_id}": "07400 123499",
        "person": theirs.user.public_id, "request": theirs.ids["request_id"],
    }  # fmt: skip


@pytest.mark.threat("X2")
def test_sessions_and_browsers_of_others_cannot_be_ended(site: Site, both: tuple[Estate, Estate]) -> None:
    mine, theirs = both
    owner = site.signed_in(mine.owner)
    colleague = site.signed_in(mine.user)  # of the same account, and still another person
    before = rows_of(site, theirs)
    for public_id in (theirs.ids["browser_id"], theirs.ids["session_id"]):
        assert owner.post(f"/settings/browsers/{public_id}/revoke").status == 404
    for public_id in (mine.ids["browser_id"], mine.ids["session_id"]):
        assert colleague.post(f"/settings/browsers/{public_id}/revoke").status == 404
    assert rows_of(site, theirs) == before


def test_lists_of_others_in_queries_are_nobodys(site: Site, both: tuple[Estate, Estate]) -> None:
    mine, theirs = both
    owner = site.signed_in(mine.owner)
    for path in (
        f"/contacts?list={theirs.ids['list_id']}", f"/contacts/export?list={theirs.ids['list_id']}",
        f"/contacts/import?list={theirs.ids['list_id']}", f"/settings/activity?person={theirs.user.public_id}",
        f"/settings/account?draft={theirs.ids['export_id']}", f"/contacts/exports?before={theirs.ids['export_id']}",
        "/contacts?q=contact", f"/contacts?q=contact-{theirs.account.id}",
    ):  # fmt: skip
        page = owner.get(path)
        assert page.status in {200, 404}, path
        shown = page.html.select_one("main")
        text = shown.get_text(" ") if shown else ""
        assert not [secret for secret in theirs.secrets if secret in text and secret not in path], path


@pytest.mark.threat("E6")
@pytest.mark.asvs("8.3.2")
@pytest.mark.threat("E6")
def test_an_owner_who_is_owner_no_more_manages_nobody(site: Site, both: tuple[Estate, Estate]) -> None:
    from models import Role, User
    from services.unit_of_work import write

    mine, _ = both
    browser: Browser = site.signed_in(mine.owner)
    with site.context(), write() as session:
        session.get_one(User, mine.owner.id).role = Role.USER
    assert browser.get("/settings/users").status == 403
    assert browser.post(f"/settings/users/{mine.user.public_id}/remove").status == 403
