"""The least that the databases' own tools need for the same work."""

import csv
import json
from pathlib import Path

import psycopg

from services.csv_guard import SUSPECT
from services.demo_contacts import contacts as demo_contacts


def guarded_for_sqlite(account: int, fields: tuple[str, ...]) -> str:
    """The plain way to ask SQLite for the cells of an export, guard included."""
    signs = ", ".join(f"char({ord(sign)})" for sign in sorted(SUSPECT - {"\0"}))
    typed = ["c.email", "c.mobile"]
    own = [f"coalesce(json_extract(c.data, '$.\"{name}\"'), '')" for name in fields]
    guarded = {
        cell: f"CASE WHEN substr({cell}, 1, 1) IN ({signs}) THEN char(39) || {cell} ELSE {cell} END"
        for cell in typed + own
    }
    columns = [*typed, "c.opt_in_type", "c.email_type", "c.status", *own, "c.created_at", "c.updated_at"]
    cells = ", ".join(guarded.get(cell, cell) for cell in columns)
    return f"SELECT {cells} FROM contacts AS c WHERE c.account_id = {account} ORDER BY c.id"  # noqa: S608  # no text of a user


_STAGE = "CREATE TEMPORARY TABLE stage (email text, mobile text, status text, data jsonb) ON COMMIT DROP"
_MERGE = """
INSERT INTO floor (id, account_id, email, mobile, opt_in_type, email_type, status, data, created_at, updated_at)
SELECT nextval(pg_get_serial_sequence('contacts', 'id')), (SELECT min(id) FROM accounts), lower(email),
       coalesce(mobile, ''), 'Unknown', 'Html', status, data, now(), now()
FROM stage ON CONFLICT (account_id, email) DO UPDATE SET data = floor.data || excluded.data
"""


class PlainMerge:
    """The floor of an import: rows that need no look go by COPY into a stage and by one statement into a table with
    the indexes and the foreign key of contacts."""

    def __init__(self, conninfo: str, file: Path) -> None:
        self._conninfo = conninfo
        self._rows = file.with_suffix(".stage.csv")
        with file.open(newline="") as source, self._rows.open("w", newline="") as target:
            writer = csv.writer(target)
            for row in csv.DictReader(source):
                data = json.dumps({"FIRSTNAME": row["FIRSTNAME"], "CITY": row["CITY"]})
                writer.writerow([row["Email"], row["Mobile"], row["Status"], data])
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("CREATE TABLE floor (LIKE contacts INCLUDING ALL)")
            connection.execute("ALTER TABLE floor ADD FOREIGN KEY (account_id) REFERENCES accounts")

    def clear(self) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute("TRUNCATE floor")

    def run(self) -> None:
        with psycopg.connect(self._conninfo) as connection, connection.cursor() as cursor:
            cursor.execute(_STAGE)
            with self._rows.open("rb") as file, cursor.copy("COPY stage FROM STDIN (FORMAT csv)") as copy:
                while block := file.read(1 << 16):
                    copy.write(block)
            cursor.execute(_MERGE)


def csv_file(path: Path, count: int) -> Path:
    """A file of people who are not there yet."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Email", "Mobile", "Status", "FIRSTNAME", "CITY"])
        for one in demo_contacts(count, seed=5):
            data = one.data or {}
            writer.writerow([one.email, one.mobile or "", one.status, data["FIRSTNAME"], data["CITY"]])
    return path
