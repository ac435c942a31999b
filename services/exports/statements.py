"""The one SELECT of an export, as each database writes it. Values of users are bound or quoted by the driver."""

from typing import Any

from psycopg import sql

from models.export import Export
from services.csv_guard import guard_sql
from services.exports.columns import FIRST, LAST, TYPED

#: More data fields than this are read from the JSON text at once, rather than one json_extract each.
MANY_FIELDS = 8


def postgres_copy(export: Export) -> sql.Composed:
    """COPY … TO STDOUT: the database writes the CSV, formula guard included, from one snapshot, in order of id.

    Its rows end in LF and carry no header. Times are ISO 8601 in UTC, given that the connection's zone is UTC.
    """
    cells = sql.SQL(", ").join(_postgres_cell(name) for name in export.columns)
    account = sql.Literal(export.account_id)
    if export.list_id is None:
        source = sql.SQL("contacts AS c WHERE c.account_id = {}").format(account)
        order = sql.SQL("c.id")
    else:
        # Begins at the list, so that it costs what the list is long, not what the account holds.
        source = sql.SQL(
            "list_memberships AS m JOIN contacts AS c ON c.account_id = m.account_id AND c.id = m.contact_id"
            " WHERE m.account_id = {} AND m.list_id = {}"
        ).format(account, sql.Literal(export.list_id))
        order = sql.SQL("m.contact_id")
    if export.status:
        source += sql.SQL(" AND c.status = {}").format(sql.Literal(export.status))
    return sql.SQL(
        "COPY (SELECT {cells} FROM {source} ORDER BY {order})"
        " TO STDOUT (FORMAT csv, FORCE_QUOTE *, ENCODING 'UTF8')"
    ).format(cells=cells, source=source, order=order)


def _postgres_cell(name: str) -> sql.Composable:
    if name in LAST:
        # A timestamp's text is ISO 8601 but for the blank in its middle.
        return sql.SQL("replace(({} AT TIME ZONE 'UTC')::text, ' ', 'T') || 'Z'").format(
            sql.Identifier("c", LAST[name])
        )
    if name in FIRST:
        column = sql.Identifier("c", FIRST[name])
        return guard_sql(column) if name in TYPED else column
    return guard_sql(sql.SQL("coalesce(c.data ->> {}, '')").format(sql.Literal(name)))


def sqlite_select(export: Export) -> tuple[str, list[Any]]:
    """(statement, parameters); one column for each of ``export.columns``; many data fields come as their JSON.

    No text of a user stands in the statement: data fields are named by bound JSON paths.
    """
    whole = reads_json_whole(export)
    cells: list[str] = []
    parameters: list[Any] = []
    for name in export.columns:
        column = FIRST.get(name) or LAST.get(name)
        if column:
            cells.append(f"c.{column}")
        elif not whole:
            cells.append("coalesce(json_extract(c.data, ?), '')")
            parameters.append(f'$."{name}"')
    if whole:
        cells.append("c.data")
    query = f"SELECT {', '.join(cells)} FROM contacts AS c WHERE c.account_id = ?"  # noqa: S608  # own column names only
    parameters.append(export.account_id)
    if export.status:
        query += " AND c.status = ?"
        parameters.append(export.status)
    if export.list_id is not None:
        query += (
            " AND c.id IN (SELECT m.contact_id FROM list_memberships AS m"
            " WHERE m.account_id = ? AND m.list_id = ?)"
        )
        parameters += [export.account_id, export.list_id]
    return query + " ORDER BY c.id", parameters


def reads_json_whole(export: Export) -> bool:
    return sum(name not in FIRST and name not in LAST for name in export.columns) > MANY_FIELDS
