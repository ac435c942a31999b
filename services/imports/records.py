"""The rows of a CSV, each with the line it begins at, and where in the file it ends, so that reading can go on there.

One bad row never takes its neighbours with it: a quotation mark that is never closed costs its own line only.
"""

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from services.imports import reasons

#: Bytes of one line, and lines and bytes of one row.
MAX_LINE = 1024 * 1024
MAX_LINES = 500
#: How much of a refused row is kept, in characters.
MAX_RAW = 10_000

_TOO_LONG = reasons.LONG_LINE % {"most": f"{MAX_LINE:,}"}


class Record(NamedTuple):
    """A row. ``cells`` or ``fault``, never both. ``line`` is where it begins, from 1; ``raw`` its text."""

    line: int
    cells: list[str] | None
    fault: str
    raw: str


class _Line(NamedTuple):
    text: str
    size: int
    fault: str = ""


class _Faulty(Exception):
    """The next line cannot be read."""


class _Unclosed(Exception):
    """A row goes on for too long, or into a line that cannot be read."""


class Records:
    """Iterate over the rows of a UTF-8 file. ``offset`` and ``line`` tell how far the last row reached."""

    def __init__(self, file: BinaryIO, delimiter: str, *, width: int, offset: int = 0, line: int = 0) -> None:
        """``width``: cells of the header. ``offset``, ``line``: bytes and lines that are done already."""
        self.offset = offset
        self.line = line
        self._width = width
        self._lines = _Lines(file, offset)
        self._reader = csv.reader(self._lines, delimiter=delimiter)

    def __iter__(self) -> Iterator[Record]:
        while True:
            self._lines.begin()
            try:
                cells, fault, lines = self._next()
            except StopIteration:
                return
            first = self.line + 1
            self.line += len(lines)
            self.offset += lines[0].size if len(lines) == 1 else sum(line.size for line in lines)
            if fault:
                raw = "".join(line.text for line in lines)[:MAX_RAW].rstrip("\r\n")
                yield Record(first, None, fault, raw)
            elif any(cells):
                yield Record(
                    first, cells, "", lines[0].text if len(lines) == 1 else "".join(li.text for li in lines)
                )

    def _next(self) -> tuple[list[str], str, list[_Line]]:
        lines = self._lines
        try:
            cells = next(self._reader)
        except _Faulty:
            line = lines.pending.popleft()
            return [], line.fault, [line]
        except _Unclosed:
            return [], reasons.UNCLOSED, lines.back_to_first()
        except csv.Error as fault:
            too_long = "field limit" in str(fault)
            if too_long and len(lines.taken) > 1:
                return [], reasons.UNCLOSED, lines.back_to_first()
            words = (
                reasons.LONG_CELL % {"most": "131,072"} if too_long else reasons.UNREADABLE % {"fault": fault}
            )
            return [], words, lines.back_to_first()
        if len(lines.taken) > 1 and (lines.ended or len(cells) > self._width):
            return [], reasons.UNCLOSED, lines.back_to_first()
        if lines.ended and lines.taken:
            return [], reasons.UNCLOSED, lines.back_to_first()
        return cells, "", lines.taken.copy()


class _Lines:
    """What csv.reader pulls its lines from: remembers those of the row in hand, and can take them back."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self.pending: deque[_Line] = deque()
        self.taken: list[_Line] = []
        #: The file ended while the row in hand wanted more.
        self.ended = False
        self._file = file
        file.seek(offset)
        self._at_start = offset == 0

    def begin(self) -> None:
        self.taken.clear()
        self.ended = False

    def back_to_first(self) -> list[_Line]:
        """Give back all lines of the row in hand but the first, which is returned."""
        self.pending.extendleft(reversed(self.taken[1:]))
        return self.taken[:1]

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_LINES:
            raise _Unclosed
        line = self.pending.popleft() if self.pending else self._read()
        if line is None:
            self.ended = True
            raise StopIteration
        if line.fault:
            self.pending.appendleft(line)
            raise _Unclosed if self.taken else _Faulty
        self.taken.append(line)
        return line.text

    def _read(self) -> _Line | None:
        raw = self._file.readline(MAX_LINE + 1)
        if not raw:
            return None
        size = len(raw)
        if size > MAX_LINE and not raw.endswith(b"\n"):
            while more := self._file.readline(MAX_LINE):
                size += len(more)
                if more.endswith(b"\n"):
                    break
            return _Line(raw[:MAX_RAW].decode("utf-8", "replace").replace("\0", ""), size, _TOO_LONG)
        if self._at_start:
            self._at_start = False
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if b"\0" in raw:
            raw = raw.replace(b"\0", b"")
        try:
            return _Line(raw.decode(), size)
        except UnicodeDecodeError:
            return _Line(raw.decode("utf-8", "replace"), size, reasons.NOT_UTF_8)
