"""Imports in tests: bring a file, let the worker run, look at what came in."""

from typing import Any

from sqlalchemy import select

from extensions import db
from models import Contact, ContactImport, RefusedRow
from tests.support.browser import Browser, Page
from tests.support.site import Site


def upload(browser: Browser, content: bytes | str, name: str = "contacts.csv", **fields: Any) -> Page:
    """Send a file as the form does; nothing is imported yet."""
    raw = content.encode() if isinstance(content, str) else content
    page = browser.get("/contacts/import")
    texts = {"list": "", "csrf_token": page.value("csrf_token"), **fields}
    # Written by hand: the test client leaves a temporary file open for a large one.
    parts = [f'name="{key}"\r\n\r\n{value}'.encode() for key, value in texts.items()]
    # The file in front, so that nothing stands or falls with the order.
    parts.insert(0, f'name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'.encode() + raw)
    body = b"".join(b"--limit\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
    return browser._open(
        "POST",
        "/contacts/import",
        data=body + b"--limit--\r\n",
        content_type="multipart/form-data; boundary=limit",
    )


def run_import(
    site: Site, browser: Browser, content: bytes | str, name: str = "contacts.csv", **fields: Any
) -> ContactImport:
    """Send a file and import it to the end."""
    answer = upload(browser, content, name, **fields)
    assert answer.status == 303, (answer.status, answer.errors)
    site.deliver()
    with site.context():
        found = db.session.scalars(
            select(ContactImport).where(ContactImport.public_id == answer.location.rsplit("/", 1)[1])
        ).one()
        db.session.expunge(found)
    return found


def counts(found: ContactImport) -> tuple[int, int, int, int]:
    """(added, updated, unchanged, refused)"""
    return found.added, found.updated, found.unchanged, found.refused


def contact(site: Site, email: str) -> Contact:
    with site.context():
        found = db.session.scalars(select(Contact).where(Contact.email == email)).one()
        db.session.expunge(found)
    return found


def emails(site: Site) -> list[str]:
    with site.context():
        return list(db.session.scalars(select(Contact.email).order_by(Contact.id)))


def reasons(site: Site, found: ContactImport) -> dict[int, str]:
    """Refused rows: line -> reason."""
    with site.context():
        rows = db.session.scalars(select(RefusedRow).where(RefusedRow.import_id == found.id))
        return {row.line: row.reason for row in rows}
