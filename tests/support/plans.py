"""How the database would read: the statements of some pages, and what in their plans grows with an account."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

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
#: One row, or as many as were asked for by name.
_BY_KEY = re.compile(r"\b(id|contact_id|public_id|import_id) = ")


@contextmanager
def asked(site: Site) -> Iterator[dict[str, Any]]:
    """{SELECT: its values} that runs inside the block, each once."""
    seen: dict[str, Any] = {}

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen[statement] = values

    with site.context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def faults(site: Site, statement: str, values: Any) -> list[str]:
    """Scans of a whole growing table, and sorts of what was not limited before. Empty: the cost is that of a page."""
    with site.context(), db.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor()
        if connection.dialect.name == "sqlite":
            return _sqlite_faults(cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall())
        cursor.execute("BEGIN")
        for name in _ONLY_IF_NEEDED:
            cursor.execute(f"SET LOCAL enable_{name} = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        plan = cursor.fetchone()[0]
        cursor.execute("ROLLBACK")
        plan = json.loads(plan) if isinstance(plan, str) else plan
        return list(_postgres_faults(plan[0]["Plan"], sorting=False))


def _postgres_faults(node: dict[str, Any], *, sorting: bool) -> Iterator[str]:
    kind, table = node["Node Type"], str(node.get("Relation Name", ""))
    if table in GROWING:
        condition = str(node.get("Index Cond", ""))
        if "Index" not in kind or not condition:
            yield f"{kind} of {table}"
        elif sorting and table not in _FEW_OF_AN_ACCOUNT and not _BY_KEY.search(condition):
            yield f"sort of {table} where {condition}"
    # A limit below a sort bounds what is sorted. What stands in a cell may be read whole and kept, where no limit is.
    sorting = kind in {"Sort", "Incremental Sort", "Aggregate"} or (sorting and kind != "Limit")
    for below in node.get("Plans", ()):
        whole = below.get("Parent Relationship") == "SubPlan" and below["Node Type"] != "Limit"
        yield from _postgres_faults(below, sorting=sorting or whole)


_WORDS = re.compile(r"^(SCAN|SEARCH) (\w+)( USING .*)?$")


def _sqlite_faults(rows: list[tuple[int, int, int, str]]) -> list[str]:
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
            and parent in sorted_parents
            and not re.search(r"\b(rowid|id|contact_id|public_id)=\?", detail)
        ):
            found.append(f"sort of {detail}")
    return found
