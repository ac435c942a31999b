"""The rows of a batch as contacts for the database, and those that are refused, with the reason.

Columns does nearly all rows of an ordinary file; the Converter judges the others one at a time.
"""

from dataclasses import dataclass, field
from typing import Any

from services.imports.columns import Columns
from services.imports.mapping import Reading
from services.imports.pieces import Piece
from services.imports.records import MAX_RAW
from services.imports.rows import Converter, RowRefused
from services.imports.staged import Row, row_of, together

_MAX_REASON = 300


@dataclass(slots=True)
class Staged:
    """``rows``: good ones in the order of the file. ``refused``: line, reason and raw of each, by line.

    ``updated`` and ``unchanged`` count rows that were folded into an earlier one about the same address.
    """

    rows: list[Row] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    updated: int = 0
    unchanged: int = 0

    def __len__(self) -> int:
        """Rows read."""
        return len(self.rows) + len(self.refused) + self.updated + self.unchanged

    def fold(self) -> None:
        """Rows about one address become one where the first of them stands; the later wins where it says something."""
        emails = [row[0] for row in self.rows]
        if len(set(emails)) == len(emails):
            return
        folded: dict[str, Row] = {}
        for row in self.rows:
            earlier = folded.get(row[0])
            if earlier is None:
                folded[row[0]] = row
                continue
            both = together(earlier, row)
            if both == earlier:
                self.unchanged += 1
            else:
                self.updated += 1
                folded[row[0]] = both
        self.rows = list(folded.values())


class Staging:
    """Add pieces of a file to a batch. ``late_fields``: data fields that only some rows brought."""

    def __init__(self, reading: Reading, region: str) -> None:
        self._columns = Columns(reading, region)
        self._convert = Converter(reading, region)

    @property
    def late_fields(self) -> set[str]:
        return self._columns.late_fields | self._convert.late_fields

    def add(self, piece: Piece, staged: Staged) -> None:
        places, made = self._columns(piece.rows)
        if len(made) == len(piece.rows):
            staged.rows += made
        else:
            self._look_closer(piece, dict(zip(places, made, strict=True)), staged)
        staged.refused += [_refusal(fault.line, fault.fault, fault.raw) for fault in piece.faults]
        if piece.faults:
            staged.refused.sort(key=lambda refusal: refusal["line"])

    def _look_closer(self, piece: Piece, made: dict[int, Row], staged: Staged) -> None:
        for at, cells in enumerate(piece.rows):
            if (row := made.get(at)) is not None:
                staged.rows.append(row)
            elif any(cells):  # an empty line is no row
                try:
                    staged.rows.append(row_of(self._convert(cells)))
                except RowRefused as refusal:
                    staged.refused.append(_refusal(piece.lines[at], str(refusal), piece.raw(at)))


def _refusal(line: int, reason: str, raw: str) -> dict[str, Any]:
    return {"line": line, "reason": reason[:_MAX_REASON], "raw": raw.rstrip("\r\n")[:MAX_RAW]}
