"""What browsers report of refused scripts and the like: a line in the log, in our own words."""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest

from blueprints.reports.violations import violations
from tests.support.site import Site

OLDER = {
    "csp-report": {
        "document-uri": "http://localhost/password/reset/a-secret-token?next=/x",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://evil.example/steal?who=ana@acme.example",
    }
}
NEWER = [
    {"type": "deprecation", "body": {}},
    {
        "type": "csp-violation",
        "body": {
            "documentURL": "http://localhost/contacts?q=ana",
            "effectiveDirective": "style-src-attr",
            "blockedURL": "inline",
        },
    },
]


def post(site: Site, report: object, mimetype: str = "application/csp-report") -> int:
    body = report if isinstance(report, bytes) else json.dumps(report).encode()
    return site.browser().client.post("/csp-report", data=body, content_type=mimetype).status_code


@pytest.mark.asvs("3.4.7")
def test_the_policy_names_a_place_that_takes_reports(site: Site) -> None:
    headers = site.browser().get("/login").headers
    policy = headers["Content-Security-Policy"]
    place = re.search(r"report-uri (\S+)", policy)
    assert place is not None
    assert "report-to csp" in policy
    assert headers["Reporting-Endpoints"] == f'csp="{place[1]}"'
    assert post(site, OLDER) == 204
    assert post(site, NEWER, "application/reports+json") == 204


@pytest.mark.asvs("3.4.7")
@pytest.mark.parametrize(
    ("report", "line"),
    [
        (OLDER, "a browser refused script-src-elem from https://evil.example on login.reset_password"),
        (NEWER, "a browser refused style-src-attr from inline on contacts.index"),
    ],
)
def test_a_report_is_a_line_without_token_query_or_path(
    site: Site, caplog: pytest.LogCaptureFixture, report: object, line: str
) -> None:
    with caplog.at_level(logging.WARNING, "blueprints.reports"):
        post(site, report)
    assert [record.getMessage() for record in caplog.records if "refused" in record.getMessage()] == [line]


HOSTILE: list[Any] = [
    b"", b"\xff\x00", b"[" * 5000, b"[]", b"null", b"7", b'{"csp-report": []}', b'{"csp-report": {}}',
    {"csp-report": {"effective-directive": "x\r\nforged line", "blocked-uri": 5, "document-uri": ["x"]}},
    {"csp-report": {"effective-directive": "x" * 9000, "blocked-uri": "https://x\n.example/", "document-uri": "//["}},
    [{"type": "csp-violation", "body": {"effectiveDirective": None, "blockedURL": {"a": 1}}}],
    [{"type": "csp-violation"}, 4, None, [["x"]]],
]  # fmt: skip


@pytest.mark.asvs("3.4.7")
@pytest.mark.asvs("16.4.1")
def test_no_report_writes_words_of_its_own_into_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "blueprints.reports"):
        assert {post(site, report) for report in HOSTILE} == {204}
    lines = {record.getMessage() for record in caplog.records if record.name.startswith("blueprints.reports")}
    assert lines == {"a browser refused something from elsewhere on no page of ours"}


def test_five_of_a_report_are_read() -> None:
    assert len(violations(json.dumps([NEWER[1]] * 9).encode())) == 5


@pytest.mark.asvs("3.4.7")
def test_reports_are_limited_by_address_and_by_size_and_kind(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_CSP_REPORTS_ADDRESS="3/hour")
    assert post(site, b"x" * 20_000) == 413
    assert [post(site, OLDER) for _ in range(3)] == [204, 204, 429]
    # What another site's form or script can send without asking is not taken.
    assert {
        post(site, OLDER, kind) for kind in ("text/plain", "application/json", "multipart/form-data")
    } == {415}
