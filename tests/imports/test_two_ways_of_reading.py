"""A file is read by the block and judged by the column, or row by row where something is odd: the outcome is one."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.imports import pieces as reading_of_blocks
from services.imports.mapping import Reading, family, targets_of
from services.imports.merging import copy_text
from services.imports.pieces import Pieces
from services.imports.records import MAX_RAW, Records
from services.imports.rows import Converter, RowRefused
from services.imports.staged import Row, row_of
from services.imports.staging import Staged, Staging
from tests.support.site import Site

#: (rows, refused, data fields that only some rows brought, bytes, lines)
Outcome = tuple[list[tuple[Any, ...]], list[dict[str, Any]], set[str], int, int]

HEADERS = (
    ["Email", "Mobile", "Status", "First name", "City"],
    ["City", "Email", "OptInType", "EmailType", "DateCreated", "LastUpdated", "Prénom"],
    ["uuid", "email", "attributes", "status", "RefusedLine"],
    ["Email", "Status", "STATUS_TEXT", "DateCreated", "DATECREATED_TEXT"],
    ["Email Address", "LEID", "MAILCHIMP_STATUS"],
    ["Email"],
)
CELLS = (
    "", "", "a@example.org", "b.c+d@mail.example.co.uk", "MiXed@Example.ORG", "ä@exämple.org", " a@example.org ",
    "'=a@example.org", "a@b", "x" * 310 + "@example.org", "a@example.org\nb@example.org", "İ@example.org",
    "+447400123456", "07400 123456", "'+44 7400 123457", "()", "1" * 61, "ask\tTom\\", "+447400123456\n+447400123457",
    "Subscribed", "subscribed ", "enabled", "blocklisted", "Perhaps", "Single", "verified-double", "Html", "Text",
    "2024-02-29 10:11:12", "2024-02-30", "2024-03-01T10:00:00.5+05:30", "0001-01-01T00:00:00+14:00", "01/02/2024",
    "Ána", "東京", "=1+1", "'=1+1", "''=1+1", "O'Neill", 'said "x"', "a\\b", "tab\there", "two\nlines", "\x7f", "\x85",
    "\u2028", "a\x1fb", "x~y", "%s", "{}", ' "', '":', "", "\r", "z" * 200,
)  # fmt: skip
#: Whole lines as they should not be.
LINES = (
    b"", b",,", b'"never closed', b'x@example.org,"a"b,c', b'x@example.org,"a" "b",c', b"\xff\xfe,x",
    b"a\0@example.org,1", b"\0", b'a@example.org,"one', b'two",x', b'"', b'""', b"lone\rreturn@example.org,x",
    b"a@example.org", b"a@example.org,1,2,3,4,5,6,7,8", b"a@example.org,,,,,,,,,,", b"\xef\xbb\xbf", b"  ", b"," * 40,
    b'"' * 7, b"y" * 300, b'"a\n\n\nb@example.org"', b"a@example.org," + b'"' + b"l\n" * 510 + b'"',
)  # fmt: skip


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Nothing here is about the database: one kind will do."""
    shutil.copy(migrated_sqlite, tmp_path / "site.sqlite3")
    return f"sqlite:///{tmp_path / 'site.sqlite3'}"


def _reading(header: list[str], delimiter: str) -> Reading:
    name = "unsubscribed_audience.csv"
    header, targets = targets_of([header, ["", "", "", "enabled"]], named=True)
    kept_as, constant = family(header, name)
    return Reading("utf-8", delimiter, 0, 0, 0, header, targets, kept_as, constant)


def _row_by_row(content: bytes, reading: Reading) -> Outcome:
    records = Records(io.BytesIO(content), reading.delimiter, width=len(reading.targets))
    convert = Converter(reading, "GB")
    rows, refused = [], []
    for record in records:
        reason = record.fault
        if record.cells is not None:
            try:
                rows.append(_seen(row_of(convert(record.cells))))
                continue
            except RowRefused as refusal:
                reason = str(refusal)
        raw = record.raw.rstrip("\r\n")[:MAX_RAW]
        refused.append({"line": record.line, "reason": reason[:300], "raw": raw})
    return rows, refused, _brought(convert.late_fields, rows), records.offset, records.line


def _by_the_block(content: bytes, reading: Reading, limit: int, *, killed: bool) -> Outcome:
    """``killed``: every piece is read by another worker, which knows the place only."""
    staging = Staging(reading, "GB")
    staged = Staged()
    pieces = Pieces(io.BytesIO(content), reading.delimiter, width=len(reading.targets))
    while (piece := pieces.take(limit)) is not None:
        assert len(piece.rows) + len(piece.faults) <= limit
        staging.add(piece, staged)
        if killed:
            reached = {"offset": pieces.offset, "line": pieces.line}
            pieces = Pieces(io.BytesIO(content), reading.delimiter, width=len(reading.targets), **reached)
    rows = [_seen(row) for row in staged.rows]
    return rows, staged.refused, _brought(staging.late_fields, rows), pieces.offset, pieces.line


def _brought(late_fields: set[str], rows: list[tuple[Any, ...]]) -> set[str]:
    """A row that is refused may leave a field behind that nobody has."""
    return late_fields & {name for row in rows for name in row[5]}


def _seen(row: Row) -> tuple[Any, ...]:
    return (*row[:5], json.loads(row[5]), *row[6:])


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, Reading]:
    delimiter = draw(st.sampled_from([",", ";", "\t"]))
    header = draw(st.sampled_from(HEADERS))
    quoted = draw(st.booleans())

    def line(cells: list[str]) -> bytes:
        return delimiter.join(_written(cell, delimiter, always=quoted) for cell in cells).encode()

    address = st.sampled_from(["a@example.org", "B@example.org", "c-d@example.org"])
    usual = st.lists(st.sampled_from(CELLS), min_size=len(header), max_size=len(header))
    at = next(n for n, name in enumerate(header) if "mail" in name.lower() and "type" not in name.lower())
    good = st.tuples(usual, address).map(lambda made: [*made[0][:at], made[1], *made[0][at + 1 :]])
    anyhow = st.lists(
        st.sampled_from(CELLS) | st.text(max_size=6).filter(_encodable), max_size=len(header) + 2
    )
    odd = st.sampled_from(LINES) | st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b""))
    rows = st.one_of(good.map(line), good.map(line), anyhow.map(line), odd)
    ending = draw(st.sampled_from([b"\n", b"\r\n"]))
    start = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    end = draw(st.sampled_from([b"", ending]))
    return start + ending.join(draw(st.lists(rows, max_size=14))) + end, _reading(header, delimiter)


def _written(cell: str, delimiter: str, *, always: bool) -> str:
    if always or any(sign in cell for sign in (delimiter, '"', "\n", "\r")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


PLAIN = _reading(["Email", "City"], ",")


@settings(
    derandomize=True, database=None, deadline=None, max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(
    file=files(), block=st.sampled_from([40, 90, 400, 65536]), limit=st.sampled_from([1, 3, 1000]), killed=st.booleans()
)  # fmt: skip
@example(file=(b"a@example.org,x\n" * 50, PLAIN), block=40, limit=3, killed=True)
@example(file=(b"\xef\xbb\xbf", PLAIN), block=40, limit=1, killed=True)
@example(
    file=(b'a@example.org,"' + b"l\n" * 499 + b'"\nb@example.org,', PLAIN), block=65536, limit=9, killed=False
)
@example(
    file=(b'a@example.org,"' + b"l\n" * 500 + b'"\nb@example.org,', PLAIN), block=65536, limit=9, killed=False
)
def test_both_ways_of_reading_give_the_same_rows_and_refuse_the_same(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    file: tuple[bytes, Reading],
    block: int,
    limit: int,
    killed: bool,
) -> None:
    monkeypatch.setattr(reading_of_blocks, "BLOCK", block)
    content, reading = file
    with site.context():
        assert _by_the_block(content, reading, limit, killed=killed) == _row_by_row(content, reading)


def _of_text_format(line: str) -> tuple[str, ...]:
    """A line of PostgreSQL's text format, read as its manual says."""
    signs = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
    cells, letters = [""], iter(line)
    for letter in letters:
        if letter == "\t":
            cells.append("")
        else:
            cells[-1] += signs[next(letters)] if letter == "\\" else letter
    return tuple(cells)


@given(st.lists(st.tuples(*[st.text("ab\\\t\n\r\x85\u2028tn", max_size=4)] * 8), max_size=4))
@settings(derandomize=True, database=None, deadline=None)
def test_no_text_ends_its_cell_in_what_postgresql_is_sent(rows: list[Row]) -> None:
    sent = copy_text(rows).decode() if rows else ""
    assert [_of_text_format(line) for line in sent.split("\n")[:-1]] == rows


def test_an_ordinary_file_is_not_read_row_by_row(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or all of the above would hold, and imports be slow."""

    def never(*_: object) -> None:
        raise AssertionError("a good row was looked at closer")

    monkeypatch.setattr(Pieces, "_one_by_one", never)
    monkeypatch.setattr(Converter, "__call__", never)
    header = ["Email", "Mobile", "Status", "DateCreated", "Note", "City"]
    mobiles, notes = ("", "+447400123456"), ("", "O'Neill", 'say ""hi""')
    lines = (
        f'"{n}.x@mail-{n}.example.org","{mobiles[n % 2]}","Unsubscribed","2026-01-02 03:04:05+00",'
        f'"{notes[n % 3]}",Łódź\r\n'
        for n in range(5000)
    )
    with site.context():
        rows, refused, *_ = _by_the_block("".join(lines).encode(), _reading(header, ","), 1000, killed=False)
    assert (len(rows), refused) == (5000, [])
    assert rows[2997] == (
        "2997.x@mail-2997.example.org", "+447400123456", "", "", "Unsubscribed", {"CITY": "Łódź"},
        "2026-01-02 03:04:05.000000", "",
    )  # fmt: skip
