"""Formulas in cells: none reaches a spreadsheet, and every text comes back from a round trip as it was."""

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg import sql

from services.csv_guard import guard, guard_cells, guard_sql, unguard
from services.csv_lines import csv_lines
from tests.support.postgres_databases import Server

DANGEROUS = [
    "=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", " =1", "  @x",
    "\0=1", " \0=1", "=", "-", "+",
    "+44 7400 123456", "-5e3", "--5", "+0123456789", "+1234567890123456", "-٣",
]  # fmt: skip
HARMLESS = [
    "",
    "Ana",
    "+447400123456",
    "-5",
    "-5.25",
    "5",
    "a=b",
    "'",
    "'quoted'",
    " plain",
    "O'Neill",
    "١٢٣",
]
ALREADY_QUOTED = ["'=1", "''=1", "'+447400123456", "'-5", "' =1"]


@pytest.mark.threat("X1")
@pytest.mark.parametrize("text", DANGEROUS)
@pytest.mark.asvs("1.2.10")
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert guard(text) == "'" + text


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_and_words_stay_as_they_are(text: str) -> None:
    assert guard(text) == text


@pytest.mark.parametrize("text", ALREADY_QUOTED)
def test_a_text_that_had_the_apostrophe_itself_keeps_it(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text) == "'" + text


@given(
    st.text(
        alphabet=st.sampled_from("=+-@'\t\r\n \0＝＋－＠a5.,\"") | st.characters(codec="utf-8"), max_size=12
    )
)
def test_every_text_survives_the_round_trip(text: str) -> None:
    assert unguard(guard(text)) == text


cells = st.text(
    alphabet=st.sampled_from("=+-@'\t\r\n \0＝＋－＠a5.,\"") | st.characters(codec="utf-8"), max_size=5
)


@pytest.mark.asvs("1.2.10")
@pytest.mark.threat("X1")
@given(st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=4))
@example([["a,", "\r=1"], ["=1"]])
@example([['",', '"=1'], ["a,"], ["\r"]])
@example([["+1234567", '+1234567"', "-5", '-5"']])
def test_many_cells_at_once_are_guarded_as_one_by_one(rows: list[list[str]]) -> None:
    lines = ["".join(f',"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row).encode() for row in rows]
    guarded = guard_cells(b"\xff".join(lines)).replace(b"\xff,", b"\r\n")[1:] + b"\r\n"
    assert guarded.decode() == csv_lines([guard(cell) for cell in row] for row in rows)


@pytest.mark.asvs("1.2.10")
def test_postgresql_guards_as_python_does(postgres_server: Server) -> None:
    signs = "=+-@'\t\r\n ＝＋－＠a5."
    texts = [t.replace("\0", "") for t in DANGEROUS + HARMLESS + ALREADY_QUOTED]
    texts += [a + b + c for a in signs for b in signs for c in ("", "1", "a")]
    query = sql.SQL("SELECT {guarded} FROM unnest(%s::text[]) WITH ORDINALITY AS t(x, n) ORDER BY n").format(
        guarded=guard_sql(sql.Identifier("t", "x"))
    )
    with psycopg.connect(postgres_server.conninfo()) as connection:
        found = [row[0] for row in connection.execute(query, [texts])]
    assert found == [guard(text) for text in texts]
