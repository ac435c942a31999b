"""Cells that a spreadsheet would run as a formula get a leading apostrophe, and lose it again on import.

A cell is dangerous when it begins with ``= + - @``, tab, CR or LF, or a full-width form of the signs, also after
spaces and NULs, which spreadsheets skip. Mobile numbers in E.164 and plain negative numbers are left as they are: they
are what those signs are for. A value that itself begins with apostrophes before such a sign gets one more, so that
``unguard(guard(x)) == x`` for every text.

Source: OWASP "CSV Injection"; ASVS 5.0 1.2.10.
"""

import re

from psycopg import sql

QUOTE = "'"
_SIGNS = "=+\\-@\t\r\n＝＋－＠"
_DANGEROUS = re.compile(f"'*[ \0]*[{_SIGNS}]")
_QUOTED = re.compile(f"'+[ \0]*[{_SIGNS}]")
#: E.164 with its plus, or a negative number with a decimal point.
_HARMLESS = re.compile(r"\+[1-9][0-9]{6,14}|-[0-9]+(?:\.[0-9]+)?")

#: First characters of which a cell may need a closer look: most cells are done after this one test.
SUSPECT = frozenset("=+-@\t\r\n＝＋－＠' \0")

#: The same two rules on the UTF-8 of quoted cells. A comma and a quote with one of these behind them open a cell,
#: whatever the cells hold: a quote within a cell is doubled, and one that ends a cell has a comma or nothing behind it.
_OPENS_DANGEROUS = re.compile(
    rb",\"(?='*[ \0]*(?:[=+\-@\t\r\n]|\xef\xbc[\x8b\x8d\x9d\xa0]))"
    rb"(?!(?:\+[1-9][0-9]{6,14}|-[0-9]+(?:\.[0-9]+)?)\"(?!\"))"
)


def guard(value: str) -> str:
    """``=1+1`` -> ``'=1+1``. A text that no spreadsheet runs comes back as it is."""
    if value[:1] not in SUSPECT or not _DANGEROUS.match(value) or _HARMLESS.fullmatch(value):
        return value
    return QUOTE + value


def guard_cells(lines: bytes) -> bytes:
    """``guard`` on every cell of many lines in one pass: a twelfth of what a test of each cell costs.

    ``lines``: cells in quotes, each with a comma before it, the first of a line too. Between lines stands a byte that
    is in no text, such as 0xFF: after a line break it could not be told whether a quote opens a cell or ends one.
    """
    return _OPENS_DANGEROUS.sub(b",\"'", lines)


def unguard(value: str) -> str:
    """Take the apostrophe of ``guard`` off again; other apostrophes stay."""
    return value[1:] if value[:1] == QUOTE and _QUOTED.match(value) else value


def guard_sql(value: sql.Composable) -> sql.Composed:
    """``guard`` as a PostgreSQL expression on a text expression that is never null.

    ``ascii()`` is the code point of the first character: one cheap test for nearly every cell (a regular expression on
    each would cost half as much as the whole export). Every mobile number meets the second test: with {6,14} in its
    pattern in place of the length it would take three times as long. PostgreSQL's text holds no NUL.
    """
    return sql.SQL(
        "CASE WHEN ascii({v}) NOT IN ({suspects}) THEN {v}"
        " WHEN ascii({v}) = 43 AND octet_length({v}) BETWEEN 8 AND 16 AND {v} ~ '^[+][1-9][0-9]+$' THEN {v}"
        " WHEN ascii({v}) = 45 AND {v} ~ '^-[0-9]+([.][0-9]+)?$' THEN {v}"
        " WHEN ascii({v}) NOT IN (32, 39) OR {v} ~ {dangerous} THEN '''' || {v}"
        " ELSE {v} END"
    ).format(
        v=value,
        suspects=sql.SQL(", ").join(sql.Literal(ord(c)) for c in sorted(SUSPECT - {"\0"})),
        dangerous=sql.Literal(f"^'*[ ]*[{_SIGNS}]"),
    )
