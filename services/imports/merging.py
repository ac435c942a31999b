"""A batch of rows into the contacts of an account, in the caller's transaction. Both databases decide alike:

- a row says nothing where its cell is empty, and what is there stays;
- who has unsubscribed, bounced or complained is never made a subscriber by a file, and who is suppressed stays so;
- what would change nothing is not written, so the same file twice is unchanged twice.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

from models.contact import ContactStatus, EmailType, OptInType
from services.contacts.statuses import STOPPED
from services.imports.staged import Row, stamp


@dataclass
class Counts:
    added: int = 0
    updated: int = 0
    unchanged: int = 0


def status_after(now_is: str, wanted: str) -> str:
    """The rule about subscriptions, in one place (and once more in SQL below)."""
    if not wanted or now_is == ContactStatus.SUPPRESSED:
        return now_is
    return now_is if now_is in STOPPED and wanted not in STOPPED else wanted


def merge(
    session: Session, account_id: int, list_id: int | None, rows: list[Row], moment: datetime
) -> Counts:
    """Add and update contacts, and put all of them on the list. ``rows``: each address once."""
    if not rows:
        return Counts()
    of_database = _merge_postgres if session.get_bind().dialect.name == "postgresql" else _merge_sqlite
    return of_database(session, account_id, list_id, rows, moment)


# No order is asked for below: a temporary table is read as it was filled, so contacts are numbered as in the file.
_STAGE = """
CREATE TEMPORARY TABLE contact_stage (
    email text, mobile text, opt_in_type text, email_type text, status text, data jsonb,
    created_at timestamp, updated_at timestamp
) ON COMMIT DROP
"""
_FILL = "COPY contact_stage FROM STDIN (NULL '')"
_ADD = sql.SQL("""
INSERT INTO contacts (account_id, email, mobile, opt_in_type, email_type, status, data, created_at, updated_at)
SELECT %(account)s, s.email, coalesce(s.mobile, ''), coalesce(s.opt_in_type, {opt_in}),
       coalesce(s.email_type, {email_type}), coalesce(s.status, {subscribed}), s.data,
       coalesce(s.created_at AT TIME ZONE 'UTC', %(moment)s), coalesce(s.updated_at AT TIME ZONE 'UTC', %(moment)s)
FROM contact_stage AS s
ON CONFLICT (account_id, email) DO NOTHING
""").format(
    opt_in=sql.Literal(OptInType.UNKNOWN.value),
    email_type=sql.Literal(EmailType.HTML.value),
    subscribed=sql.Literal(ContactStatus.SUBSCRIBED.value),
)
_STATUS_AFTER = sql.SQL("""
CASE WHEN s.status IS NULL OR c.status = {suppressed} THEN c.status
     WHEN c.status IN ({stopped}) AND s.status NOT IN ({stopped}) THEN c.status
     ELSE s.status END
""").format(
    suppressed=sql.Literal(ContactStatus.SUPPRESSED.value),
    stopped=sql.SQL(", ").join(map(sql.Literal, sorted(STOPPED))),
)
_CHANGE = sql.SQL("""
UPDATE contacts AS c
SET mobile = coalesce(s.mobile, c.mobile), opt_in_type = coalesce(s.opt_in_type, c.opt_in_type),
    email_type = coalesce(s.email_type, c.email_type), status = {status}, data = c.data || s.data,
    updated_at = %(moment)s
FROM contact_stage AS s
WHERE c.account_id = %(account)s AND c.email = s.email
  AND (s.mobile <> c.mobile OR s.opt_in_type <> c.opt_in_type OR s.email_type <> c.email_type
       OR c.status <> {status} OR NOT c.data @> s.data)
""").format(status=_STATUS_AFTER)
_LIST = """
INSERT INTO list_memberships (account_id, list_id, contact_id, status)
SELECT c.account_id, %(list)s, c.id, c.status
FROM contact_stage AS s JOIN contacts AS c ON c.account_id = %(account)s AND c.email = s.email
ON CONFLICT DO NOTHING
"""


def _merge_postgres(
    session: Session, account_id: int, list_id: int | None, rows: list[Row], moment: datetime
) -> Counts:
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101  # for the type checker
    given = {"account": account_id, "list": list_id, "moment": moment}
    with connection.cursor() as cursor:
        # Two files with the same addresses in another order would wait for each other's rows for ever.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [account_id])
        cursor.execute(_STAGE)
        with cursor.copy(_FILL) as copy:
            for at in range(0, len(rows), _AT_ONCE):
                copy.write(copy_text(rows[at : at + _AT_ONCE]))
        added = cursor.execute(_ADD, given).rowcount
        updated = cursor.execute(_CHANGE, given).rowcount if added < len(rows) else 0
        if list_id is not None:
            cursor.execute(_LIST, given)
        cursor.execute("DROP TABLE contact_stage")
    return Counts(added, updated, len(rows) - added - updated)


_AT_ONCE = 2000
_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_text(rows: Sequence[tuple[str, ...]]) -> bytes:
    """Rows of one width in PostgreSQL's text format: a tab between the cells, what could be taken for one escaped."""
    text = "\n".join(map("\t".join, rows)) + "\n"
    if (
        text.count("\t") == (len(rows[0]) - 1) * len(rows)
        and text.count("\n") == len(rows)
        and "\r" not in text
    ):
        return text.replace("\\", "\\\\").encode()
    return "".join("\t".join(cell.translate(_SPECIAL) for cell in row) + "\n" for row in rows).encode()


_SQLITE_KNOWN = """
SELECT email, mobile, opt_in_type, email_type, status, data FROM contacts
WHERE account_id = ? AND email IN (SELECT value FROM json_each(?))
"""
_SQLITE_ADD = """
INSERT INTO contacts (email, mobile, opt_in_type, email_type, status, data, created_at, updated_at, account_id)
VALUES (?, ?, ifnull(nullif(?, ''), '{opt_in}'), ifnull(nullif(?, ''), '{email_type}'),
        ifnull(nullif(?, ''), '{subscribed}'), ?, ifnull(nullif(?, ''), '{moment}'), ifnull(nullif(?, ''), '{moment}'),
        {account:d})
ON CONFLICT (account_id, email) DO NOTHING
"""
_SQLITE_CHANGE = """
UPDATE contacts SET mobile = ?, opt_in_type = ?, email_type = ?, status = ?, data = ?, updated_at = ?
WHERE account_id = ? AND email = ?
"""
_SQLITE_LIST = """
INSERT OR IGNORE INTO list_memberships (account_id, list_id, contact_id, status)
SELECT account_id, ?, id, status FROM contacts WHERE account_id = ? AND email IN (SELECT value FROM json_each(?))
"""


def _merge_sqlite(
    session: Session, account_id: int, list_id: int | None, rows: list[Row], moment: datetime
) -> Counts:
    cursor: Any = session.connection().connection.cursor()
    stamped = stamp(moment.astimezone(UTC))
    add = _SQLITE_ADD.format(
        opt_in=OptInType.UNKNOWN.value, email_type=EmailType.HTML.value, account=account_id,
        subscribed=ContactStatus.SUBSCRIBED.value, moment=stamped,
    )  # fmt: skip
    added = cursor.executemany(add, rows).rowcount
    emails = json.dumps([row[0] for row in rows]) if added < len(rows) or list_id is not None else ""
    changed = []
    if added < len(rows):
        known = {found[0]: found[1:] for found in cursor.execute(_SQLITE_KNOWN, [account_id, emails])}
        for email, mobile, opt_in_type, email_type, status, data, _, _ in rows:
            found = known[email]
            before = (*found[:4], json.loads(found[4]))
            after = (
                mobile or found[0], opt_in_type or found[1], email_type or found[2],
                status_after(found[3], status), before[4] | json.loads(data),
            )  # fmt: skip
            if after != before:
                changed.append(
                    (*after[:4], json.dumps(after[4], ensure_ascii=False), stamped, account_id, email)
                )
        cursor.executemany(_SQLITE_CHANGE, changed)
    if list_id is not None:
        cursor.execute(_SQLITE_LIST, [list_id, account_id, emails])
    cursor.close()
    return Counts(added, len(changed), len(rows) - added - len(changed))
