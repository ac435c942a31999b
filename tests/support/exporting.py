"""Exports in tests: make one, read its file."""

import csv
import io
from typing import Any

from sqlalchemy import bindparam, text

from models import Account
from models.types import Json
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.site import Site

#: A request as gunicorn hands it over: there the file is streamed, since a stream that breaks off is seen.
STREAMED: dict[str, Any] = {
    "environ_overrides": {"SERVER_SOFTWARE": "gunicorn/test", "SERVER_PROTOCOL": "HTTP/1.1"}
}


def fixed_export(browser: Browser, **fields: Any) -> str:
    """The address of a new export: of all contacts and columns unless ``fields`` of the form say otherwise."""
    browser.get("/contacts/export")
    answer = browser.submit(having="columns", **fields)
    assert answer.status == 303, (answer.status, answer.errors)
    return answer.location


def download(browser: Browser, address: str, **options: Any) -> Page:
    return browser.get(f"{address}/download", **options)


def rows_of(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV, by the names in its header."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def cookies_of(browser: Browser) -> dict[str, str]:
    return {cookie.key: cookie.value for cookie in (browser.client._cookies or {}).values()}


def listed_contacts(site: Site, account: Account, count: int, name: str = "Newsletter") -> str:
    """Contacts on a new list; the list's public id."""
    listed = site.world.contacts(account, count, list_name=name)
    assert listed is not None
    return listed.public_id


_SERIES = {
    "postgresql": "generate_series(1, :count) AS s(n)",
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :count) SELECT n FROM s)",
}
_MANY = """
INSERT INTO contacts (account_id, email, mobile, opt_in_type, email_type, status, data, created_at, updated_at)
SELECT :account, 'person-' || n || '@example.org', '+447400123456', 'Single', 'Html', 'Subscribed', :data,
       '2026-01-02 03:04:05.000000', '2026-01-02 03:04:05.000000'
FROM """


def many_contacts(site: Site, account: Account, count: int) -> None:
    """About 140 bytes of CSV each, made by the database itself."""
    data = {"FIRSTNAME": "Name", "LASTNAME": "Surname", "FULLNAME": "Name Surname", "POSTCODE": "AB1 2CD"}
    with site.context(), write() as session:
        statement = text(_MANY + _SERIES[session.get_bind().dialect.name])
        session.execute(
            statement.bindparams(bindparam("data", type_=Json)),
            {"account": account.id, "count": count, "data": data},
        )
