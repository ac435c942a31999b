"""What is true of every answer: headers, cookies, methods, kinds. Read from an application as in production."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.support.browser import Browser
from tests.support.estate import Estate, address, estate, routes
from tests.support.site import Site

PRODUCTION = {
    "APP_ENV": "production",
    "PUBLIC_URL": "https://localhost",
    "SMS_GATEWAY": "vonage",
    "VONAGE_APPLICATION_ID": "id",
    "VONAGE_PRIVATE_KEY": "key",
    "VONAGE_SENDER": "Brand",
    "MAIL_GATEWAY": "smtp",
    "SMTP_URL": "smtps://localhost",
}
STRANGE = (
    "/nowhere", "/contacts/x.css", "/contacts.css", "/settings/profile/x.js", "/static/nowhere.js", "/static/",
)  # fmt: skip
KINDS = {"text/html; charset=utf-8", "application/json", "text/csv; charset=utf-8; header=present",
         "text/csv; charset=utf-8", "text/plain; charset=utf-8"}  # fmt: skip


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """SQLite alone: nothing here depends on the database."""
    path = tmp_path / "site.sqlite3"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def live(make_site: Callable[..., Site]) -> Site:
    return make_site(**PRODUCTION)


@pytest.fixture
def of(live: Site) -> Estate:
    return estate(live, "Borealis", two_factor=False)


def answers(site: Site, of: Estate) -> Iterator[tuple[str, TestResponse]]:
    """One answer of each route to a stranger and to an owner, to GET, HEAD and a POST without its token, and more."""
    owner = site.signed_in(of.owner, browser=site.browser(user_agent="Firefox/150.0"))
    for browser in (site.browser(), owner):
        paths = [(rule, address(rule, of.ids)) for rule in routes(site) if rule.endpoint != "login.sign_out"]
        for rule, path in paths:
            for method in sorted({"GET", "HEAD", "POST"} & (rule.methods or set())):
                yield f"{method} {path}", _ask(browser, path, method)
        for path in (*STRANGE, "/static/app.css"):
            yield f"GET {path}", _ask(browser, path)
        yield "PUT /contacts", _ask(browser, "/contacts", "PUT")


def _ask(browser: Browser, path: str, method: str = "GET") -> TestResponse:
    return browser.client.open(
        path, method=method, headers={"User-Agent": "Firefox/150.0", "Origin": "https://evil.example"}
    )


@pytest.mark.asvs(
    "3.2.1", "3.4.1", "3.4.2", "3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.8", "3.5.8", "4.1.1", "13.4.6", "14.2.2",
    "14.3.2",
)  # fmt: skip
@pytest.mark.threat("E5", "I3")
def test_every_answer_has_its_headers(live: Site, of: Estate) -> None:
    seen = 0
    for what, answer in answers(live, of):
        headers, seen = answer.headers, seen + 1
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", what
        policy = headers["Content-Security-Policy"]
        for part in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert part in policy, what
        assert "unsafe" not in policy, what
        assert headers["X-Content-Type-Options"] == "nosniff", what
        assert headers["Referrer-Policy"] == "same-origin", what
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", what
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", what
        assert not [name for name, _ in headers if name.startswith("Access-Control-")], what
        assert not {"X-Powered-By", "Server"} & set(headers.keys()), what
        if "/static/" not in what or answer.status_code == 404:
            assert headers["Cache-Control"] == "no-store", what
            assert headers.get("Content-Type", "text/plain; charset=utf-8") in KINDS, what
        if headers.get("Content-Type", "").startswith("text/csv"):
            assert headers["Content-Disposition"].startswith("attachment;"), what
        assert not re.search(
            r"werkzeug|flask|python|\$argon2", answer.get_data(as_text=True), re.IGNORECASE
        ), what
        answer.close()
    assert seen > 150


@pytest.mark.asvs("3.4.1", "3.4.3", "3.4.4", "13.4.2", "13.4.6")
@pytest.mark.asvs("16.5.4", "16.5.1")
def test_a_fault_has_the_headers_too_and_no_debugger(live: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setitem(live.app.view_functions, "login.sign_in", broken)
    answer = live.browser().client.get("/login")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert not re.search(r"Traceback|RuntimeError|a secret of the inside|werkzeug|debugger", text)
    assert {"Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options"} <= set(
        answer.headers.keys()
    )


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.3.5", "12.2.1")
def test_every_cookie_is_for_this_host_for_https_and_not_for_scripts(make_site: Callable[..., Site]) -> None:
    site = make_site(PUBLIC_URL="https://localhost")
    of = estate(site, "Borealis")
    browser = site.browser()
    told: list[str] = []
    pages = []

    def keep(answer: TestResponse) -> None:
        told.extend(answer.headers.getlist("Set-Cookie"))
        pages.append(answer.get_data(as_text=True))

    for path in ("/login", "/nowhere", "/login/code"):
        keep(browser.get(path).response)
    browser.get("/login")
    keep(browser.submit(email=of.owner.email, password="wrong").response)
    browser.get("/login")
    keep(browser.submit(email=of.owner.email, password=site.world.password).response)
    keep(browser.get("/login/code").response)
    keep(browser.submit(code="000000").response)
    keep(browser.submit(code=site.code(of.owner.mobile_number)).response)
    for name in ["A person"] * 20:  # as many notes as nobody has read
        answer = browser.post("/settings/profile", {"name": name, "mobile_number": of.owner.mobile_number})
        keep(answer.response)
    keep(browser.get("/settings/browsers").response)
    keep(browser.post("/logout").response)

    assert {cookie.partition("=")[0] for cookie in told} == {"__Host-session", "__Host-browser"}
    for cookie in told:
        pair, _, attributes = cookie.partition("; ")
        assert len(pair.encode()) <= 4096
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes.split("; ")), cookie
        assert "domain" not in attributes.lower()
        value = pair.partition("=")[2]
        assert not value or not any(value in page for page in pages), "a page tells what is in a cookie"


@pytest.mark.asvs("4.1.4", "13.4.4")
def test_a_method_that_a_route_does_not_take_is_405(live: Site, of: Estate) -> None:
    owner = live.signed_in(of.owner)
    for rule in routes(live):
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT"):
            answer = owner.client.open(address(rule, of.ids), method=method)
            assert answer.status_code == 405, f"{method} {rule.rule}"
            assert "Allow" in answer.headers


HIDDEN = (
    "/.git/HEAD", "/.git/config", "/.svn/entries", "/.env", "/static/", "/static/js/", "/static/../app.py",
    "/static/%2e%2e/.env", "/app.py", "/instance/countersign.sqlite3", "/metrics", "/docs", "/admin", "/console",
    "/debug", "/server-status", "/dev/phone", "/dev/mail", "/static/vendor/vendor.lock",
)  # fmt: skip


@pytest.mark.asvs("13.4.1", "13.4.3", "13.4.5", "13.4.7", "14.2.5", "15.2.3")
def test_what_is_not_a_page_is_not_there_and_is_not_kept(live: Site, of: Estate) -> None:
    owner, stranger = live.signed_in(of.owner), live.browser()
    for path in (*HIDDEN, *STRANGE):
        page = owner.get(path)
        assert (page.status, page.headers["Cache-Control"]) == (404, "no-store"), path
        assert stranger.get(path).status in {303, 404}, path
    assert stranger.get("/readyz").response.get_json().keys() <= {"ready", "faults"}
    told = stranger.get("/readyz", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).response.get_json()
    assert told.keys() == {"ready"}


@pytest.mark.asvs("13.4.7")
def test_only_files_of_the_kinds_that_pages_load_are_given_out(live: Site, tmp_path: Path) -> None:
    live.app.static_folder = str(tmp_path)
    for name in ("a.css", "a.py", "a.db", "a.bak", ".env", "a.css.bak", "a.html", "a"):
        (tmp_path / name).write_text("x")
    given = {}
    for path in tmp_path.iterdir():
        if path.is_file():
            with live.browser().client.get(f"/static/{path.name}") as answer:
                given[path.name] = answer.status_code
    assert [name for name, status in given.items() if status == 200] == ["a.css"]
    assert set(given.values()) == {200, 404}


@pytest.mark.asvs("3.5.6", "3.5.7")
def test_no_answer_becomes_a_script_and_no_script_knows_who_asks(live: Site, of: Estate) -> None:
    owner, stranger = live.signed_in(of.owner), live.browser()
    for path in ("/healthz", "/readyz"):
        plain, padded = (stranger.get(path + query).data for query in ("", "?callback=x&jsonp=x"))
        assert plain == padded
    scripts = sorted((Path(live.app.static_folder or "") / "js").glob("*.js"))
    assert scripts
    for script in scripts:
        for browser in (owner, stranger):
            with browser.client.get(f"/static/js/{script.name}") as answer:
                assert answer.data == script.read_bytes()


@pytest.mark.asvs("3.7.5")
def test_without_cookies_the_sign_in_says_what_is_wrong_and_does_not_go_round(site: Site) -> None:
    _, owner = site.world.acme()
    client = site.app.test_client(use_cookies=False)
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    fields = {"email": owner.email, "password": site.world.password, "csrf_token": token[1]}
    answer = client.post("/login", data=fields)
    assert answer.status_code == 400
    assert "cookies" in answer.get_data(as_text=True)


@pytest.mark.asvs("11.4.1", "11.2.3", "14.3.3")
def test_the_session_cookie_is_signed_with_256_bits_and_holds_a_token_only(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    value = browser.cookie("session") or ""
    assert len(value.rpartition(".")[2]) == 43  # 32 bytes, base64 without padding
    with browser.client.session_transaction() as session:
        assert set(session) <= {"_user_id", "_fresh", "_id", "csrf_token", "_flashes"}
        assert owner.email not in str(dict(session))


BROKEN = ("", "x", "." * 50, "e30.x.y", "a" * 3000, "%00", "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa." + "A" * 43)


@pytest.mark.asvs("11.2.5")
def test_a_broken_cookie_or_hash_is_an_ordinary_refusal(site: Site) -> None:
    from extensions import db
    from services.unit_of_work import write

    _, owner = site.world.acme()
    for at, value in enumerate(BROKEN):
        for name in ("session", "browser"):
            browser = site.browser()
            browser.client.set_cookie(name, value)
            assert browser.get("/contacts").location.startswith("/login"), (name, value)
            browser.get("/login")
            assert browser.submit(email=f"{at}@{name}.example", password="wrong").status == 422, (name, value)
    with site.context(), write():
        found = db.session.merge(owner)
        found.password_hash = "$argon2id$v=19$m=8$broken"
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email=owner.email, password=site.world.password).status == 422
