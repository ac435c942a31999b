"""What kind of file this is: its encoding, its delimiter, and whether it is a CSV at all."""

import codecs
import csv
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from services.imports import reasons
from services.imports.mapping import is_email, is_email_heading

HEAD = 64 * 1024
DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 200

_OTHER_KINDS = (
    (b"\x89PNG", reasons.PICTURE),
    (b"\xff\xd8\xff", reasons.PICTURE),
    (b"GIF8", reasons.PICTURE),
    (b"%PDF", reasons.PDF),
    (b"\xd0\xcf\x11\xe0", reasons.EXCEL),
    (b"\x1f\x8b", reasons.COMPRESSED),
    (b"{\\rtf", reasons.TEXT_DOCUMENT),
)


class NotACsv(ValueError):
    """``str()`` is one of services/imports/reasons.py: what to do, to the person who chose the file."""


def refuse_other_kinds(head: bytes) -> None:
    """Raise NotACsv when the first bytes are those of a known other kind of file, or of no text at all."""
    if not head.strip(b" \t\r\n\0\xef\xbb\xbf\xfe\xff"):
        raise NotACsv(reasons.EMPTY)
    if head.startswith(b"PK\x03\x04"):
        raise NotACsv(reasons.EXCEL if b"[Content_Types].xml" in head or b"xl/" in head else reasons.ARCHIVE)
    for start, words in _OTHER_KINDS:
        if head.startswith(start):
            raise NotACsv(words)
    if _unicode_16(head) is None:
        # NULs alone are an old program's padding; other control characters are no text.
        controls = sum(byte < 32 and byte not in b"\0\t\r\n\x0b\x0c\x1a\x1b" for byte in head)
        if controls * 20 > len(head):
            raise NotACsv(reasons.NOT_CSV)


def encoding_of(path: Path) -> str:
    """``utf-8``, ``utf-16-le``, ``utf-16-be`` or ``cp1252``.

    A file that is mostly valid UTF-8 is UTF-8, and its bad lines are refused one by one; a file in which bytes beyond
    ASCII hardly ever make UTF-8 was written by Windows.
    """
    with path.open("rb") as file:
        return _encoding_in(file)


def _encoding_in(file: BinaryIO) -> str:
    head = file.read(HEAD)
    wide = _unicode_16(head)
    if wide:
        return wide
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    file.seek(0)
    if _is_utf_8(file):
        return "utf-8"
    file.seek(0)
    good, bad = _judge_lines(file)
    return "utf-8" if good >= bad else "cp1252"


def needs_rewriting(path: Path, encoding: str) -> bool:
    """Whether the file must be turned into UTF-8 with LF before it is read: then a place in it is a number of bytes."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    return encoding != "utf-8" or (b"\n" not in head and b"\r" in head)


def rewrite(path: Path, encoding: str, into: Path) -> None:
    """Write ``path`` as UTF-8, line ends as LF, to ``into``, which appears whole or not at all."""
    unfinished = into.with_suffix(".part")
    with (
        path.open(encoding=encoding, errors=_errors(encoding), newline=None) as source,
        unfinished.open("w", encoding="utf-8", newline="\n") as target,
    ):
        while text := source.read(HEAD):
            target.write(text.removeprefix("\ufeff"))
    unfinished.replace(into)


def _errors(encoding: str) -> str:
    """Windows has no character for five bytes; Latin-1 has one for each."""
    return "countersign-latin-1" if encoding == "cp1252" else "replace"


def sample_of_head(head: bytes) -> list[str]:
    """As sample(), of the first bytes of a file in any encoding."""
    encoding = _encoding_in(BytesIO(head))
    text = head.decode(encoding, _errors(encoding)).removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(head) == HEAD and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    return sample(BytesIO(text.encode("utf-8", "replace")))


def sample(file: BinaryIO) -> list[str]:
    """The first lines of a UTF-8 file, for guessing; the last one only if it is whole."""
    head = file.read(HEAD)
    lines = head.removeprefix(codecs.BOM_UTF8).replace(b"\0", b"").split(b"\n")
    if len(head) == HEAD and len(lines) > 1:
        lines.pop()
    return [line.decode("utf-8", "replace") + "\n" for line in lines if line.strip()]


def declared_delimiter(line: str) -> str:
    """Excel's own first line, ``sep=;``; "" for any other."""
    text = line.strip("\r\n\"'")
    return text[4] if len(text) == 5 and text.lower().startswith("sep=") else ""


def delimiter_of(lines: list[str]) -> str:
    """The delimiter under which rows are widest and most alike, with an address or its heading alone in a cell."""
    return max(DELIMITERS, key=lambda delimiter: _score(rows_of(lines, delimiter)))


def rows_of(lines: list[str], delimiter: str, limit: int | None = _SAMPLE_ROWS) -> list[list[str]]:
    """The rows of the first ``limit`` lines."""
    try:
        return [row for row in csv.reader(lines[:limit], delimiter=delimiter) if row]
    except csv.Error:
        return []


def _score(rows: list[list[str]]) -> tuple[bool, float]:
    if not rows:
        return False, 0.0
    width = len(rows[0])
    alike = sum(len(row) == width for row in rows) / len(rows)
    named = any(is_email_heading(cell) or is_email(cell.strip()) for cell in rows[0])
    return named, alike * min(width, 50) if width > 1 else 0.0


def _unicode_16(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    # Without a mark: Latin letters have a NUL in every second byte.
    start = head[:512]
    if len(start) >= 8:
        if start[1::2].count(0) > len(start) * 0.35 and start[::2].count(0) < len(start) * 0.05:
            return "utf-16-le"
        if start[::2].count(0) > len(start) * 0.35 and start[1::2].count(0) < len(start) * 0.05:
            return "utf-16-be"
    return None


def _is_utf_8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(HEAD):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _judge_lines(file: BinaryIO) -> tuple[int, int]:
    good = bad = 0
    while line := file.readline(HEAD):
        if line.isascii():
            continue
        try:
            # A character may be cut where a very long line is.
            codecs.getincrementaldecoder("utf-8")().decode(line, final=line.endswith(b"\n"))
            good += 1
        except UnicodeDecodeError:
            bad += 1
    return good, bad


def _as_latin_1(fault: UnicodeError) -> tuple[str, int]:
    assert isinstance(fault, UnicodeDecodeError)  # noqa: S101  # registered for decoding only
    return fault.object[fault.start : fault.end].decode("latin-1"), fault.end


codecs.register_error("countersign-latin-1", _as_latin_1)
