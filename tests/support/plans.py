"""How the database would read: the statements of some pages, and what in their plans grows with an account."""

import json
import re
from collections.abc import Iterator
from typing import Any

from extensions import db
from tests.support.site import Site

#: Tables of which an account can have any number of rows.
GROWING = (
    "contacts", "list_memberships", "contact_counts", "audit_events", "exports", "contact_imports", "refused_rows",
)  # fmt: skip
#: To be found by an index; but what one account has of them may be added up.
_FEW_OF_AN_ACCOUNT = {"contact_counts"}
#: What costs nothing at a few rows is not to be chosen: only what has no other way is left.
_ONLY_IF_NEEDED = ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin", "hashagg")
#: What may be read and thrown away: support looks at an account a few times a year.
_THROWN_AWAY = {"audit_events": {"at"}}
#: One row, or as many as were asked for by name.
_BY_KEY = re.compile(r"\b(id|contact_id|public_id|import_id)\)?(::\w+)? = ")


def faults(site: Site, statement: str, values: Any) -> list[str]:
    """Reads of a whole growing table or a whole account, sorts of what was not limited before, and rows that are read
    and thrown away. Empty: the cost is that of a page.

    SQLite does not tell in its plan what it throws away: PostgreSQL tells it of the same statement. Of a few rows it
    may take one index for another: what counts is a condition on a column that none of them has.
    """
    with site.context(), db.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor()
        if connection.dialect.name == "sqlite":
            rows = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            return _sqlite_faults(rows, limited=bool(re.search(r"\bLIMIT\b", statement)))
        cursor.execute("BEGIN")
        for name in _ONLY_IF_NEEDED:
            cursor.execute(f"SET LOCAL enable_{name} = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        plan = cursor.fetchone()[0]
        cursor.execute(_WITHOUT_INDEX)
        without = {table: set(columns) for table, columns in cursor.fetchall()}
        cursor.execute("ROLLBACK")
        plan = json.loads(plan) if isinstance(plan, str) else plan
        return list(_postgres_faults(plan[0]["Plan"], without, whole=True))


#: Of each table, the columns that are in no index.
_WITHOUT_INDEX = """
SELECT table_name, array_agg(column_name::text) FROM information_schema.columns AS c
WHERE table_schema = current_schema() AND NOT EXISTS (
    SELECT 1 FROM pg_indexes AS i WHERE i.schemaname = current_schema() AND i.tablename = c.table_name
    AND i.indexdef ~ ('\\m' || c.column_name || '\\M'))
GROUP BY table_name
"""


def _postgres_faults(node: dict[str, Any], without: dict[str, set[str]], *, whole: bool) -> Iterator[str]:
    """``whole``: what is above wants every row, as no limit stands between."""
    kind, table = node["Node Type"], str(node.get("Relation Name", ""))
    if table in GROWING:
        condition, thrown_away = str(node.get("Index Cond", "")), str(node.get("Filter", ""))
        if "Index" not in kind or not condition:
            yield f"{kind} of {table}"
        elif table not in _FEW_OF_AN_ACCOUNT and not _BY_KEY.search(condition):
            if whole and not _BY_KEY.search(thrown_away):
                yield f"all of {table} where {condition}"
            looked_at = set(re.findall(r"\w+", re.sub(r"'[^']*'", "", thrown_away)))
            if looked_at & without.get(table, set()) - _THROWN_AWAY.get(table, set()):
                yield f"read of {table} for {thrown_away}"
    # A limit below a sort bounds what is sorted. What stands in a cell may be read whole and kept, where no limit is.
    whole = kind in {"Sort", "Incremental Sort", "Aggregate"} or (whole and kind != "Limit")
    for below in node.get("Plans", ()):
        of_a_cell = below.get("Parent Relationship") == "SubPlan" and below["Node Type"] != "Limit"
        yield from _postgres_faults(below, without, whole=whole or of_a_cell)


_WORDS = re.compile(r"^(SCAN|SEARCH) (\w+)( USING .*)?$")


def _sqlite_faults(rows: list[tuple[int, int, int, str]], *, limited: bool) -> list[str]:
    found = []
    sorted_parents = {parent for _, parent, _, detail in rows if "USE TEMP B-TREE FOR ORDER BY" in detail}
    for _, parent, _, detail in rows:
        words = _WORDS.match(detail)
        if words is None or words[2] not in GROWING:
            continue
        if words[1] == "SCAN":
            found.append(detail)
        elif (
            words[2] not in _FEW_OF_AN_ACCOUNT
            and (parent in sorted_parents or not limited)
            and not re.search(r"\b(rowid|id|contact_id|public_id)=\?", detail)
        ):
            found.append(f"all of {detail}")
    return found
