"""A batch of rows into the contacts of an account, in the caller's transaction. Both databases decide alike:

- a row says nothing where its cell is empty, and what is there stays;
- who has unsubscribed, bounced or complained is never made a subscriber by a file, and who is suppressed stays so;
- what would change nothing is not written, so the same file twice is unchanged twice.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

from models.contact import ContactStatus, EmailType, OptInType
from services.imports.rows import Incoming

#: States in which nobody is written to. A file may move a contact among them, never out of them.
STOPPED = frozenset(
    status.value
    for status in ContactStatus
    if status not in {ContactStatus.SUBSCRIBED, ContactStatus.PENDING_OPT_IN, ContactStatus.SOFT_BOUNCED}
)


@dataclass
class Counts:
    added: int = 0
    updated: int = 0
    unchanged: int = 0


def status_after(now_is: str, wanted: str | None) -> str:
    """The rule about subscriptions, in one place (and once more in SQL below)."""
    if wanted is None or now_is == ContactStatus.SUPPRESSED:
        return now_is
    return now_is if now_is in STOPPED and wanted not in STOPPED else wanted


def merge(
    session: Session, account_id: int, list_id: int | None, rows: Iterable[Incoming], moment: datetime
) -> Counts:
    """Add and update contacts, and put all of them on the list. Rows about one address are taken together."""
    counts = Counts()
    folded: dict[str, Incoming] = {}
    for row in rows:
        earlier = folded.get(row.email)
        folded[row.email] = both = row if earlier is None else earlier.then(row)
        if earlier is not None and both == earlier:
            counts.unchanged += 1
        elif earlier is not None:
            counts.updated += 1
    if not folded:
        return counts
    of_database = _merge_postgres if session.get_bind().dialect.name == "postgresql" else _merge_sqlite
    done = of_database(session, account_id, list_id, list(folded.values()), moment)
    counts.added += done.added
    counts.updated += done.updated
    counts.unchanged += done.unchanged
    return counts


_STAGE = """
CREATE TEMPORARY TABLE contact_stage (
    position integer, email text, mobile text, opt_in_type text, email_type text, status text, data jsonb,
    created_at timestamptz, updated_at timestamptz
) ON COMMIT DROP
"""
_FILL = (
    "COPY contact_stage (position, email, mobile, opt_in_type, email_type, status, data, created_at, updated_at)"
    " FROM STDIN"
)
_ADD = sql.SQL("""
INSERT INTO contacts (account_id, email, mobile, opt_in_type, email_type, status, data, created_at, updated_at)
SELECT %(account)s, s.email, coalesce(s.mobile, ''), coalesce(s.opt_in_type, {opt_in}),
       coalesce(s.email_type, {email_type}), coalesce(s.status, {subscribed}), s.data,
       coalesce(s.created_at, %(moment)s), coalesce(s.updated_at, %(moment)s)
FROM contact_stage AS s ORDER BY s.position
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
    session: Session, account_id: int, list_id: int | None, rows: list[Incoming], moment: datetime
) -> Counts:
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101  # for the type checker
    given = {"account": account_id, "list": list_id, "moment": moment}
    encode = json.JSONEncoder(ensure_ascii=False).encode
    with connection.cursor() as cursor:
        # Two files with the same addresses in another order would wait for each other's rows for ever.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [account_id])
        cursor.execute(_STAGE)
        with cursor.copy(_FILL) as copy:
            for position, row in enumerate(rows):
                copy.write_row((
                    position, row.email, row.mobile, row.opt_in_type, row.email_type, row.status,
                    encode(row.data or {}), row.created_at, row.updated_at,
                ))  # fmt: skip
        added = cursor.execute(_ADD, given).rowcount
        updated = cursor.execute(_CHANGE, given).rowcount if added < len(rows) else 0
        if list_id is not None:
            cursor.execute(_LIST, given)
        cursor.execute("DROP TABLE contact_stage")
    return Counts(added, updated, len(rows) - added - updated)


_SQLITE_KNOWN = """
SELECT email, mobile, opt_in_type, email_type, status, data FROM contacts
WHERE account_id = ? AND email IN (SELECT value FROM json_each(?))
"""
_SQLITE_ADD = """
INSERT INTO contacts (account_id, email, mobile, opt_in_type, email_type, status, data, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
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
    session: Session, account_id: int, list_id: int | None, rows: list[Incoming], moment: datetime
) -> Counts:
    cursor: Any = session.connection().connection.cursor()
    emails = json.dumps([row.email for row in rows])
    known = {found[0]: found for found in cursor.execute(_SQLITE_KNOWN, [account_id, emails])}
    stamp = _sqlite_time(moment)
    added, changed = [], []
    for row in rows:
        found = known.get(row.email)
        if found is None:
            added.append((
                account_id, row.email, row.mobile or "", row.opt_in_type or OptInType.UNKNOWN.value,
                row.email_type or EmailType.HTML.value, row.status or ContactStatus.SUBSCRIBED.value,
                json.dumps(row.data or {}), _sqlite_time(row.created_at or moment),
                _sqlite_time(row.updated_at or moment),
            ))  # fmt: skip
            continue
        before = (found[1], found[2], found[3], found[4], json.loads(found[5]))
        after = (
            row.mobile or found[1], row.opt_in_type or found[2], row.email_type or found[3],
            status_after(found[4], row.status), {**before[4], **(row.data or {})},
        )  # fmt: skip
        if after != before:
            changed.append((*after[:4], json.dumps(after[4]), stamp, account_id, row.email))
    cursor.executemany(_SQLITE_ADD, added)
    cursor.executemany(_SQLITE_CHANGE, changed)
    if list_id is not None:
        cursor.execute(_SQLITE_LIST, [list_id, account_id, emails])
    cursor.close()
    return Counts(len(added), len(changed), len(rows) - len(added) - len(changed))


def _sqlite_time(moment: datetime) -> str:
    """As models.types.UtcDateTime stores it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
