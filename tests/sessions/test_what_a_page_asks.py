"""What the database is asked for a page: nothing where nobody asks who is there, one statement where somebody does."""

import pytest
from sqlalchemy import text

from extensions import db
from services import connection_checks
from tests.support.site import Site
from tests.support.statements import statements

#: Pages and files of the public, which say nothing of who looks at them.
ASKS_NOTHING = (
    "/healthz",
    "/static/css/site.css",
    "/static/no-such-file.css",
    "/.well-known/security.txt",
    "/.well-known/change-password",
)


def test_who_is_signed_in_is_not_looked_up_where_nobody_asks(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    for path in ASKS_NOTHING:
        with statements(site) as asked:
            assert browser.client.get(path).status_code in {200, 302, 404}, path
        assert asked == [], path
    with statements(site) as asked:
        assert browser.client.post("/login", data={"email": owner.email}).status_code == 400  # no CSRF token
    assert asked == []


def test_a_visitor_without_a_session_costs_no_statement(site: Site) -> None:
    with statements(site) as asked:
        for path in ("/login", "/password/forgot", "/help/two-factor-authentication"):
            assert site.browser().get(path).status == 200
        assert site.browser().get("/contacts").location.startswith("/login")
    assert asked == []


def test_a_page_that_shows_who_is_signed_in_asks_once(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    # What is not there, too: who is not signed in is led to the sign-in in place of a 404.
    for path in (
        "/settings/profile",
        "/settings/password",
        "/help/two-factor-authentication",
        "/no-such-page",
    ):
        with statements(site) as asked:
            assert browser.client.get(path).status_code in {200, 404}
        assert len(asked) == 1, path
        assert "login_sessions" in asked[0], path


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("idle", [0.0, 3600.0])
def test_a_connection_that_the_server_closed_is_opened_again_before_a_page_needs_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, idle: float
) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    monkeypatch.setattr(connection_checks, "IDLE", idle)  # asked each time; known by the socket alone
    with site.context():
        mine = db.engine.raw_connection()  # the one connection that the pages have used
        others = db.engine.connect()
        ours = mine.driver_connection.info.backend_pid  # type: ignore[union-attr]
        mine.close()
        assert others.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": ours})
    assert browser.get("/settings/profile").status == 200
    with site.context():
        others.close()
    assert browser.get("/settings/profile").status == 200
