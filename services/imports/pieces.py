"""The rows of a file, some hundred at a time: well-formed regions a block at a time, odd ones row by row by Records.

Odd is a byte that is no text, a NUL, a quotation mark out of place, a line without end. Both ways give the same rows.
"""

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, BinaryIO

from services.imports.records import MAX_LINES, Record, Records

#: Bytes read at a time. Small, so that what is made of them stays near the processor.
BLOCK = 64 * 1024

#: No line of a block has a NUL, so this one tells that the row before it was whole.
_END = "\0"


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that follow each other. ``lines``: where each begins, from 1. ``raw(n)``: the text of the nth.

    Rows of empty cells only may be among them: they are none. ``faults`` are rows that cannot be read.
    """

    rows: list[list[str]]
    lines: Sequence[int]
    raw: Callable[[int], str]
    faults: Sequence[Record] = ()


class Pieces:
    """Take piece after piece of a UTF-8 file. ``offset`` and ``line`` tell how far the last one reached."""

    def __init__(self, file: BinaryIO, delimiter: str, *, width: int, offset: int = 0, line: int = 0) -> None:
        """``width``: cells of the header. ``offset``, ``line``: bytes and lines that are done already."""
        self.offset = offset
        self.line = line
        self._file = file
        self._delimiter = delimiter
        self._width = width
        self._block: _Block | None = None
        #: Up to this place of the file rows are read one by one.
        self._careful_until = 0

    def take(self, limit: int) -> Piece | None:
        """At most ``limit`` rows, faults among them. None at the end of the file."""
        while True:
            if self.offset < self._careful_until:
                return self._one_by_one(limit)
            if self._block is not None:
                if (piece := self._of_block(self._block, limit)) is not None:
                    return piece
            elif not self._open():
                return None

    def _open(self) -> bool:
        """Read the next block, or find that its rows must be read one by one. False at the end of the file."""
        self._file.seek(self.offset)
        raw = self._file.read(BLOCK)
        if len(raw) == BLOCK:
            raw = raw[: raw.rfind(b"\n") + 1]
            if not raw:
                self._careful_until = self.offset + 1
                return True
        size = len(raw)
        if self.offset == 0:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = _END
        if not text or _END in text:
            self._careful_until = self.offset + size
        else:
            self._block = _Block(text, self.offset + size - len(raw), self.offset + size)
            self._block.begin(0, self._delimiter)
        return size > 0

    def _of_block(self, block: "_Block", limit: int) -> Piece | None:
        """None where the block holds something odd."""
        start = block.source.tell()
        before = block.reader.line_num
        try:
            rows = list(islice(block.reader, limit))
        except csv.Error:
            self._drop(careful_until=block.end)
            return None
        used = block.reader.line_num - before
        ended = rows[-1:] == [[_END]]
        if ended:
            rows.pop()
            used -= 1
        if used != len(rows) or (rows and rows[-1] and _END in rows[-1][-1]):
            return self._long_rows(block, start, limit)
        first = self.line + 1
        self.line += used
        if ended:
            self.offset = block.end
            self._block = None
        else:
            self.offset = block.place(block.source.tell())
        return Piece(rows, range(first, first + used), block.lines_from(start))

    def _long_rows(self, block: "_Block", start: int, limit: int) -> Piece | None:
        """As above where rows have more than one line: up to one that is odd, or goes on in the next block."""
        block.begin(start, self._delimiter)
        reader, source = block.reader, block.source
        rows: list[list[str]] = []
        lines, texts = [], [start]
        line = 0
        for row in islice(reader, limit):
            taken = reader.line_num - line
            if row and _END in row[-1]:
                if row == [_END]:
                    texts[-1] = len(block.text)
                # One that is longer than a whole block, and one that goes on in the next.
                odd = row != [_END] and texts[-1] == 0
                self._drop(careful_until=block.end if odd else 0)
                break
            if taken > 1 and (len(row) > self._width or taken > MAX_LINES):
                self._drop(careful_until=block.place(texts[-1]) + 1)
                break
            rows.append(row)
            lines.append(self.line + line + 1)
            texts.append(source.tell())
            line += taken
        self.line += line
        self.offset = block.place(texts[-1])
        if not rows and self._block is None and texts[-1] < len(block.text):
            return None
        return Piece(rows, lines, lambda at: block.text[texts[at] : texts[at + 1]])

    def _drop(self, *, careful_until: int) -> None:
        self._block = None
        self._careful_until = max(self._careful_until, careful_until)

    def _one_by_one(self, limit: int) -> Piece:
        records = Records(self._file, self._delimiter, width=self._width, offset=self.offset, line=self.line)
        good: list[Record] = []
        faults: list[Record] = []
        for record in records:
            (good if record.cells is not None else faults).append(record)
            if records.offset >= self._careful_until or len(good) + len(faults) >= limit:
                break
        self.offset, self.line = records.offset, records.line
        rows = [record.cells for record in good if record.cells is not None]
        return Piece(rows, [record.line for record in good], lambda at: good[at].raw, faults)


class _Block:
    """Whole lines of the file. ``end``: where in the file the next byte after them is."""

    def __init__(self, text: str, begins: int, end: int) -> None:
        self.text = text
        self.end = end
        self._begins = begins
        self._is_ascii = text.isascii()

    def begin(self, at: int, delimiter: str) -> None:
        """Read from this character on."""
        whole = self.text if self.text.endswith("\n") else self.text + "\n"
        self.source = io.StringIO(whole + _END, newline="\n")
        self.source.seek(at)
        self.reader: Any = csv.reader(self.source, delimiter=delimiter)

    def place(self, at: int) -> int:
        """Where in the file a character is."""
        if at >= len(self.text):
            return self.end
        return self._begins + (at if self._is_ascii else len(self.text[:at].encode()))

    def lines_from(self, at: int) -> Callable[[int], str]:
        """The text of the nth line after a character; they are cut only if somebody asks."""
        lines = cache(lambda: self.text[at:].split("\n"))
        return lambda number: lines()[number]
