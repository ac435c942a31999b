"""The one SELECT of an export, as each database writes it. Values of users are bound or quoted by the driver."""

from typing import Any

from psycopg import sql

from models.export import Export
from services.csv_guard import guard_sql
from services.exports.columns import FIRST, LAST, TYPED

#: More data fields than this are read from the JSON text at once, rather than by one json_extract each: about here
#: both cost the same. It keeps the call of printf() below SQLite's limit of 100 arguments, too.
MANY_FIELDS = 24

#: PostgreSQL unpacks a contact's data once for each field that it is asked for. With more than this it is told not to.
FIELDS_READ_AT_PLACE = 8


def postgres_copy(export: Export) -> sql.Composed:
    """COPY … TO STDOUT: the database writes the CSV, formula guard included, from one snapshot, in order of id.

    Its rows end in LF and carry no header. Times are ISO 8601 in UTC, given that the connection's zone is UTC.
    """
    own = data_fields(export)
    source, key = _postgres_source(export)
    if len(own) > FIELDS_READ_AT_PLACE:
        # Joined with nothing it is unpacked once, rather than once for each field.
        source = sql.SQL(
            "(SELECT c.*, c.data || '{{}}' AS unpacked FROM {source} ORDER BY {key} OFFSET 0) AS c"
        ).format(source=source, key=key)
        key, data = sql.SQL("c.id"), sql.SQL("c.unpacked")
    else:
        data = sql.SQL("c.data")
    names = [sql.Identifier(f"cell{at}") for at in range(len(export.columns))]
    cells = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(_postgres_cell(column, data), name)
        for column, name in zip(export.columns, names, strict=True)
    )
    guarded_columns = TYPED.union(own)
    guarded = sql.SQL(", ").join(
        guard_sql(name) if column in guarded_columns else name
        for column, name in zip(export.columns, names, strict=True)
    )
    # Cells first, the guard around them: it looks at a cell several times, and OFFSET keeps the two apart.
    return sql.SQL(
        "COPY (SELECT {guarded} FROM (SELECT {key} AS key, {cells} FROM {source} ORDER BY {key} OFFSET 0) AS r"
        " ORDER BY key) TO STDOUT (FORMAT csv, FORCE_QUOTE *, ENCODING 'UTF8')"
    ).format(guarded=guarded, key=key, cells=cells, source=source)


def _postgres_source(export: Export) -> tuple[sql.Composed, sql.SQL]:
    """What stands behind FROM, and the column that it is ordered by."""
    account = sql.Literal(export.account_id)
    if export.list_id is None:
        source, key = sql.SQL("contacts AS c WHERE c.account_id = {}").format(account), sql.SQL("c.id")
    else:
        # Begins at the list, so that it costs what the list is long, not what the account holds.
        key = sql.SQL("m.contact_id")
        source = sql.SQL(
            "list_memberships AS m JOIN contacts AS c ON c.account_id = m.account_id AND c.id = m.contact_id"
            " WHERE m.account_id = {} AND m.list_id = {}"
        ).format(account, sql.Literal(export.list_id))
    if export.status:
        source += sql.SQL(" AND c.status = {}").format(sql.Literal(export.status))
    return source, key


def _postgres_cell(name: str, data: sql.SQL) -> sql.Composable:
    if name in LAST:
        # A timestamp's text is ISO 8601 but for the blank in its middle.
        return sql.SQL("replace(({} AT TIME ZONE 'UTC')::text, ' ', 'T') || 'Z'").format(
            sql.Identifier("c", LAST[name])
        )
    if name in FIRST:
        return sql.Identifier("c", FIRST[name])
    return sql.SQL("coalesce({} ->> {}, '')").format(data, sql.Literal(name))


def sqlite_select(export: Export) -> tuple[str, list[Any]]:
    """(statement, parameters); rows of one line each, as bytes. Many data fields come as their JSON in the middle.

    A line is cells in quotes, each with a comma before it; the guard against formulas and the line end are left to the
    reader. No text of a user stands in the statement: data fields are named by bound JSON paths.
    """
    whole = reads_json_whole(export)
    own = data_fields(export)
    groups: list[str] = []
    parameters: list[Any] = []
    if whole:
        first, last = export.columns.index(own[0]), export.columns.index(own[-1])
        groups = [_sqlite_line(export.columns[:first]), "c.data", _sqlite_line(export.columns[last + 1 :])]
    else:
        groups = [_sqlite_line(export.columns)]
        parameters += [f'$."{name}"' for name in own]
    query = f"SELECT {', '.join(groups)} FROM contacts AS c WHERE c.account_id = ?"  # noqa: S608  # own column names only
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


def _sqlite_line(names: list[str]) -> str:
    """One printf(), whose %w doubles quotes: a third of the price of a column for each cell."""
    cells = [_sqlite_cell(name) for name in names]
    shapes, values = "".join(shape for shape, _ in cells), ", ".join(value for _, value in cells)
    return f"CAST(printf('{shapes}', {values}) AS BLOB)" if cells else "x''"


def _sqlite_cell(name: str) -> tuple[str, str]:
    """(what printf() makes of it, its arguments)."""
    if name in LAST:
        # ``2026-11-24 07:08:00.120000`` -> ``2026-11-24T07:08:00.12Z``, as PostgreSQL prints it.
        at = f"c.{LAST[name]}"
        time, fraction = f"substr({at}, 12, 8)", f"substr({at}, 20)"
        return (
            ',"%.10sT%sZ"',
            f"{at}, CASE {fraction} WHEN '.000000' THEN {time}"
            f" ELSE {time} || rtrim(rtrim({fraction}, '0'), '.') END",
        )
    if name in FIRST:
        return ',"%w"', f"c.{FIRST[name]}"
    return ',"%w"', "coalesce(json_extract(c.data, ?), '')"


def data_fields(export: Export) -> list[str]:
    """Those columns of the export that are the account's own. They stand together."""
    return [name for name in export.columns if name not in FIRST and name not in LAST]


def reads_json_whole(export: Export) -> bool:
    return len(data_fields(export)) > MANY_FIELDS
