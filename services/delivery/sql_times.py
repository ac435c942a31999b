"""Two expressions that both databases have under different names: seconds between two times, and the hour or day."""

from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class tenths_between(GenericFunction[int]):  # named as in SQL
    """``(later, earlier)`` -> whole tenths of a second."""

    type = Integer()
    inherit_cache = True


class hour_of(GenericFunction[str]):
    """``"2026-11-24 16"``, in UTC."""

    type = String()
    inherit_cache = True


class day_of(GenericFunction[str]):
    """``"2026-11-24"``, in UTC."""

    type = String()
    inherit_cache = True


_SQLITE = {
    "tenths_between": "CAST(ROUND((julianday({0}) - julianday({1})) * 864000) AS INTEGER)",
    "hour_of": "substr({0}, 1, 13)",
    "day_of": "substr({0}, 1, 10)",
}
_POSTGRESQL = {
    "tenths_between": "CAST(ROUND(EXTRACT(EPOCH FROM ({0} - {1})) * 10) AS INTEGER)",
    "hour_of": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')",
    "day_of": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}


def _written(element: Any, compiler: SQLCompiler, words: dict[str, str], **options: Any) -> str:
    return words[element.name].format(*(compiler.process(part, **options) for part in element.clauses))


for _kind in (tenths_between, hour_of, day_of):

    @compiles(_kind, "sqlite")
    def _for_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
        return _written(element, compiler, _SQLITE, **options)

    @compiles(_kind, "postgresql")
    def _for_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
        return _written(element, compiler, _POSTGRESQL, **options)
