"""Every route, by every method, with every kind of body, from everybody: never a fault, never a text, never slow.

tests/attacks/test_bodies_and_headers.py tries fields that are odd in themselves; here the body is what is odd.
"""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.routing import Rule

from tests.house.test_routes import browsers_of
from tests.support.browser import Browser, Page, check_page
from tests.support.estate import address, estate, routes
from tests.support.rows import snapshot
from tests.support.site import Site

FIELDS = (
    "email", "password", "password_again", "current_password", "code", "name", "mobile_number", "company_name",
    "region", "time_zone", "two_factor_enabled", "can_export", "list", "status", "columns", "subject", "message",
    "reason", "evidence", "account_name", "request_id", "answer", "on", "file", "first_name", "last_name", "mobile",
)  # fmt: skip
_FORM = "application/x-www-form-urlencoded"
#: Slower than any page on a busy machine, and quicker than what would hold a thread.
_SLOWEST = 5.0


@dataclass(frozen=True)
class Body:
    content: Callable[[str], bytes]
    kind: str


def _all(value: str) -> Callable[[str], bytes]:
    return lambda token: urlencode({"csrf_token": token, **dict.fromkeys(FIELDS, value)}).encode()


def _raw(value: bytes) -> Callable[[str], bytes]:
    return lambda token: b"&".join(
        [b"csrf_token=" + token.encode(), *(name.encode() + b"=" + value for name in FIELDS)]
    )


def _parts(token: str) -> bytes:
    """Files where text is wanted, and text where a file is."""
    lines = [f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n']
    for name in FIELDS:
        file = "" if name == "file" else '; filename="../../a\x00.csv"'
        lines.append(f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\nvalue\r\n')
    return ("".join(lines) + "--x--\r\n").encode()


def _twice(token: str) -> bytes:
    return urlencode(
        [("csrf_token", token), *((name, value) for name in FIELDS for value in ("a", "b"))]
    ).encode()


def _arrays(token: str) -> bytes:
    pairs = [("csrf_token", token)]
    pairs += [(f"{name}{end}", "x") for name in FIELDS for end in ("[]", "[0]", "[$ne]", ".a", "-AAAA")]
    return urlencode(pairs).encode()


def _many(token: str) -> bytes:
    return urlencode([("csrf_token", token), *((f"field{number}", "x") for number in range(3000))]).encode()


BODIES = {
    "empty": Body(lambda token: b"", _FORM),
    "huge fields": Body(_all("x" * 20_000), _FORM),
    "ten megabytes": Body(lambda token: b"a=" + b"x" * 10_000_000, _FORM),
    "thousands of fields": Body(_many, _FORM),
    "negative": Body(_all("-1"), _FORM),
    "huge number": Body(_all("9" * 400), _FORM),
    "not a number": Body(_all("1e999"), _FORM),
    "halves of a pair": Body(_raw(b"%ED%A0%80"), _FORM),
    "not UTF-8": Body(_raw(b"%FF%FE\xff"), _FORM),
    "NUL": Body(_raw(b"a%00b"), _FORM),
    "right to left": Body(_all("\u202e\u200f\ufeff\U000e0041"), _FORM),
    "twice": Body(_twice, _FORM),
    "arrays": Body(_arrays, _FORM),
    "files for text": Body(_parts, "multipart/form-data; boundary=x"),
    "no boundary": Body(_parts, "multipart/form-data"),
    "broken parts": Body(
        lambda token: b"--x\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=x"
    ),
    "other charset": Body(_all("x"), f"{_FORM}; charset=utf-7"),
    "no kind": Body(_all("x"), ""),
    "JSON": Body(lambda token: json.dumps({"csrf_token": token, "code": ["1"]}).encode(), "application/json"),
    "deep JSON": Body(lambda token: b"[" * 100_000, "application/json"),
    "XML": Body(lambda token: b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "text/xml"),
}  # fmt: skip
#: What ends the session that sends it; what is there to say 503; and buttons, which ask for a code whatever is sent.
_LEFT_OUT = {
    "login.sign_out", "login.code_cancel", "health.readyz", "static",
    "settings.remove_user", "settings.offer_ownership", "login.code_resend",
}  # fmt: skip
_BIG = {"ten megabytes", "thousands of fields", "huge fields"}


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """How a body is read does not depend on the database."""
    shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "site.sqlite3")
    return f"sqlite:///{tmp_path / 'site.sqlite3'}"


@pytest.mark.slow
@pytest.mark.asvs("16.5.1", "2.2.2")
@pytest.mark.threat("A11", "I6")
def test_no_body_is_a_fault_or_sends_a_text(make_site: Callable[..., Site]) -> None:
    site = make_site()
    of = estate(site, "Borealis")
    browsers = browsers_of(site, of)
    site.deliver()
    texts = _texts(site)
    wrong: list[str] = []
    for name, body in BODIES.items():
        for rule in routes(site):
            if rule.endpoint in _LEFT_OUT:
                continue
            for role, browser in browsers.items():
                if name in _BIG and role not in {"anonymous", "owner"}:
                    continue
                wrong += _try(browser, rule, address(rule, of.ids), body, f"{role}, {name}")
    assert wrong == []
    assert _texts(site) == texts


def _try(browser: Browser, rule: Rule, path: str, body: Body, told: str) -> list[str]:
    wrong = []
    for method in ("POST", "PUT") if "POST" in (rule.methods or ()) else ("POST",):
        began = time.thread_time()
        content = body.content(browser.csrf_token())
        answer = browser.client.open(path, method=method, data=content, content_type=body.kind)
        data = answer.get_data()
        answer.close()
        if answer.status_code >= 500 or b"Traceback" in data:
            wrong.append(f"{told}: {method} {path} -> {answer.status_code}")
        if time.thread_time() - began > _SLOWEST:
            wrong.append(f"{told}: {method} {path} took {time.thread_time() - began:.1f} s")
        if answer.mimetype == "text/html" and not answer.location and answer.status_code not in {200, 422}:
            assert b"<h1" in data, (
                f"{told}: {method} {path} -> {answer.status_code} without a page of its own"
            )
    return wrong


def _texts(site: Site) -> list[str]:
    rows = snapshot(site)["messages"].values()
    return [str(row["template"]) for row in rows if row["channel"] == "sms"]


IDS = (
    "é",
    "\u202e",
    "%ff",
    "%00",
    "a/b",
    "..",
    "%2e%2e%2f",
    "x" * 5000,
    "-1",
    "0",
    "A" * 21,
    "A" * 23,
    "a b",
    "😀",
)


@pytest.mark.threat("I6", "X2")
@pytest.mark.asvs("16.5.1")
def test_no_id_of_another_kind_is_a_fault_for_anybody(site: Site) -> None:
    of = estate(site, "Borealis")
    browsers = browsers_of(site, of)
    for rule in routes(site):
        if not rule.arguments or rule.endpoint == "static":
            continue
        for value in IDS:
            path = address(rule, dict.fromkeys(rule.arguments, value))
            for browser in (browsers["owner"], browsers["support"], browsers["half"]):
                for method in ("GET", "POST"):
                    page = browser.get(path) if method == "GET" else browser.post(path)
                    assert page.status in {303, 308, 400, 403, 404, 405, 410}, (
                        f"{method} {path[:80]}: {page.status}"
                    )


@pytest.mark.threat("I6")
def test_numbers_of_pages_and_words_to_search_for_are_never_a_fault(site: Site) -> None:
    of = estate(site, "Borealis")
    browsers = browsers_of(site, of)
    values = ("-1", "0", "9" * 40, "1e9", "NaN", "\x00", "%", "_", "'", "\\", "\ud7ff", "x" * 3000, "٣", "")
    names = (
        "q",
        "list",
        "status",
        "before",
        "after",
        "person",
        "kind",
        "page",
        "sort",
        "draft",
        "on",
        "request",
        "sent",
    )
    for role in ("owner", "support"):
        for path in (
            "/contacts", "/contacts/exports", "/contacts/export", "/settings/activity", "/settings/account", "/support",
            "/support/requests", f"/support/accounts/{of.ids['account_id']}", "/contacts/import", "/contacts/new",
        ):  # fmt: skip
            for value in values:
                page = browsers[role].get(path, query_string=dict.fromkeys(names, value))
                assert page.status in {200, 303, 403, 404, 422}, f"{path} {value[:20]!r}: {page.status}"


def test_what_refuses_an_odd_body_is_a_page_of_the_site(site: Site) -> None:
    for content, kind, status in (
        (b"a=" + b"x" * 10_000_000, _FORM, 413),
        (b"", _FORM, 400),
    ):
        answer = site.browser().client.post("/login", data=content, content_type=kind)
        assert answer.status_code == status
        check_page(Page(answer, "/login"))
