"""Downloading an export: the file, its headers, and what stands on record afterwards."""

import csv
import hashlib
import io
from typing import Any

from extensions import db
from models import Export
from tests.support.site import Site

STREAMED = {"SERVER_SOFTWARE": "gunicorn/test", "SERVER_PROTOCOL": "HTTP/1.1"}


def fixed(browser: Any, **fields: Any) -> str:
    """The address of a new export of all contacts."""
    browser.get("/contacts/export")
    answer = browser.submit(having="columns", **fields)
    assert answer.status == 303, answer.errors
    return str(answer.location)


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_an_export_without_two_factor_comes_without_a_code_and_is_recorded(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3, list_name="Newsletter")
    browser = site.signed_in(owner)
    address = fixed(browser)
    answer = browser.get(f"{address}/download")
    assert answer.status == 200
    rows = rows_of(answer.data)
    assert rows[0][:7] == ["Email", "Mobile", "OptInType", "EmailType", "Status", "FIRSTNAME", "LASTNAME"]
    assert rows[0][-2:] == ["DateCreated", "LastUpdated"]
    assert [row[5] for row in rows[1:]] == ["Name 1", "Name 2", "Name 3"]
    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="contacts-all-')
    page = browser.get(address)
    assert hashlib.sha256(answer.data).hexdigest() in page.text
    with site.context():
        export = db.session.query(Export).one()
        assert (export.state, export.rows, export.bytes) == ("complete", 3, len(answer.data))
    assert "downloaded 3 contacts" in site.mails(owner.email)[-1]["text"]
