"""Attacks by what is sent: bodies of other kinds, endless text, hosts that are not ours."""

import json
import time
from typing import Any

import pytest

from tests.support.browser import Browser, Page, check_page
from tests.support.estate import Estate, address, estate, routes
from tests.support.site import Site

#: About 400 KB when sent; bringing it into NFC or NFKC takes ten seconds of processor and more.
MARKS = "\u0300\u0323" * 33_000


@pytest.fixture
def of(site: Site) -> Estate:
    return estate(site, "Borealis")


#: JSON has more in place of text than a form has.
BODIES: list[Any] = [
    {"code": None}, {"code": 123456}, {"code": ["123456"]}, {"code": {"$ne": ""}}, {"email": 1, "password": True},
    [], ["a"], "text", 5, None,
]  # fmt: skip


@pytest.mark.threat("A11")
@pytest.mark.asvs("1.5.3", "15.3.5")
def test_json_where_forms_are_read_is_refused_and_is_no_fault(site: Site, of: Estate) -> None:
    half, anonymous = site.browser(), site.browser()
    half.get("/login")
    half.submit(email=of.owner.email, password=site.world.password)
    for body in BODIES:
        for browser, path in ((half, "/login/code"), (anonymous, "/login"), (anonymous, "/password/forgot")):
            answer = browser.client.post(
                path, data=json.dumps(body), content_type="application/json",
                headers={"X-CSRFToken": browser.csrf_token()},
            )  # fmt: skip
            assert answer.status_code == 415, (path, body)
            check_page(Page(answer, path))
    assert half.get("/contacts").location == "/login/code"


@pytest.mark.asvs("1.3.3")
@pytest.mark.asvs("15.2.2")
def test_endless_combining_marks_cost_the_site_nothing(site: Site, of: Estate) -> None:
    browser = site.browser()
    began = time.process_time()
    assert browser.post("/login", {"email": of.owner.email, "password": MARKS}).status == 422
    assert browser.post("/login", {"email": MARKS, "password": "x"}).status == 422
    fields = {"email": MARKS, "subject": MARKS[:1000], "message": MARKS}
    assert browser.post("/help/contact-support", fields).status == 422
    owner = site.signed_in(of.owner)
    assert owner.post("/settings/profile", {"name": MARKS, "mobile_number": MARKS}).status == 422
    passwords = {"current_password": MARKS, "password": MARKS[:9000], "password_again": MARKS[:9000]}
    assert owner.post("/settings/password", passwords).status == 422
    assert owner.post("/contacts/lists", {"name": MARKS}).status == 422
    assert owner.get("/contacts", query_string={"q": MARKS[:2000]}).status == 200
    assert time.process_time() - began < 8


HOSTS = ("evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil.example", "[::1", "a b")


@pytest.mark.threat("I2")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.asvs("3.7.2")
def test_a_foreign_host_header_gets_the_sites_own_400_and_no_link_to_it(
    site: Site, of: Estate, method: str
) -> None:
    for browser in (site.browser(), site.signed_in(of.owner)):
        for host in HOSTS:
            for path in ("/login", "/contacts", "/password/forgot", "/nowhere"):
                answer = browser.client.open(path, method=method, headers={"Host": host})
                assert answer.status_code == 400, (host, path)
                check_page(Page(answer, path))
                assert "evil.example" not in answer.get_data(as_text=True)


@pytest.mark.threat("I2")
def test_links_in_mails_come_from_the_settings_whatever_host_was_asked(site: Site, of: Estate) -> None:
    browser = site.browser()
    token = browser.csrf_token()
    for headers in (
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example"},
        {"Host": "127.0.0.1"},
    ):
        browser.client.post(
            "/password/forgot", data={"email": of.owner.email, "csrf_token": token}, headers=headers
        )
    mails = site.mails(of.owner.email)
    assert mails
    assert not [mail for mail in mails if "evil" in mail["text"] or "127.0.0.1/" in mail["text"]]


HOSTILE: list[dict[str, Any]] = [
    {"": "", "code": "\x00", "email": "a\x00b@c.example", "password": "x", "name": "\ud7ff\uffff\U0010ffff"},
    {"email": "x" * 100_000, "name": "x" * 100_000, "q": "x" * 100_000, "mobile_number": "9" * 100_000},
    {"email": "' OR 1=1 --", "mobile_number": "{{7*7}}", "name": "<script>alert(1)</script>", "list": "%00"},
    {
        "mobile_number": "\x00",
        "name": "\x00",
        "subject": "\x00",
        "message": "\x00",
        "list": "\x00",
        "q": "\x00",
    },
    {
        "name": ["a", "b"],
        "code": ["1", "2"],
        "email": ["a@b.example", "c@d.example"],
        "mobile_number": ["1", "2"],
    },
]


@pytest.mark.asvs("16.5.1", "1.2.4")
@pytest.mark.threat("I6")
def test_no_body_and_no_query_is_a_fault(site: Site, of: Estate) -> None:
    for browser in (site.browser(), site.signed_in(of.owner), site.signed_in(site.world.support())):
        for rule in routes(site):
            if rule.endpoint in {"login.sign_out", "health.readyz"}:  # 503 is what the second is there to say
                continue
            for fields in HOSTILE:
                _both_ways(browser, address(rule, of.ids), fields, rule.methods or set())


def _both_ways(browser: Browser, path: str, fields: dict[str, Any], methods: set[str]) -> None:
    short = {name: value for name, value in fields.items() if len(value) < 5000}
    if "GET" in methods:
        page = browser.get(path, query_string={**short, "on": "\x00", "before": "\x00", "draft": "\x00"})
        assert page.status < 500, f"GET {path}: {page.status}"
    if "POST" in methods:
        page = browser.post(path, fields)
        assert page.status < 500, f"POST {path}: {page.status}"


@pytest.mark.threat("I6")
def test_no_id_is_a_fault(site: Site, of: Estate) -> None:
    browser = site.signed_in(of.owner)
    for rule in routes(site):
        for value in ("%00", "x" * 3000, "%FF%FE", "'", "..%2f..", "%F0%9F%98%80", "0", "-1"):
            page = browser.get(address(rule, dict.fromkeys(rule.arguments, value)))
            assert page.status < 500, f"{rule.rule} with {value}: {page.status}"


ELSEWHERE = [
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "javascript:alert(1)", "/%5cevil.example\\", "http:evil.example", "/ /evil.example", "data:text/html,x",
    "@evil.example", "///evil.example", "/\r\nSet-Cookie: a=b", "/\x00", "/é//evil.example", "https:/evil.example",
    ".evil.example", "/" + "a" * 5000,
]  # fmt: skip


@pytest.mark.threat("I1")
@pytest.mark.asvs("1.2.2")
@pytest.mark.asvs("1.5.3", "3.7.2")
def test_next_leads_nowhere_else(site: Site) -> None:
    of = estate(site, "Dorado", two_factor=False)
    for wanted in ELSEWHERE:
        fields = {"email": of.owner.email, "password": site.world.password}
        browser = site.browser()
        answer = browser.post("/login", fields, query_string={"next": wanted})
        assert answer.headers["Location"] == "/", wanted
        assert browser.get("/login", query_string={"next": wanted}).headers["Location"] == "/", wanted


@pytest.mark.threat("I1")
@pytest.mark.asvs("3.7.2")
def test_next_leads_nowhere_else_after_the_code_either(site: Site, of: Estate) -> None:
    browser = site.browser()
    fields = {"email": of.owner.email, "password": site.world.password}
    browser.post("/login", fields, query_string={"next": "//evil.example"})
    browser.get("/login/code")
    assert browser.submit(code=site.code(of.owner.mobile_number)).headers["Location"] == "/"


def test_a_missing_file_is_not_kept_for_a_year(site: Site) -> None:
    answer = site.browser().client.get("/static/nowhere.css?v=1")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
