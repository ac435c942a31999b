"""Pictures of numbers as plain SVG, placed here and drawn by templates/macros/charts.html.

Widths are percent and heights pixels, so that a picture fits a telephone without its patterns being stretched.
"""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 160
#: A column of which there is one in thousands is still to be seen (pixels).
_LEAST = 2.0


@dataclass(frozen=True)
class Piece:
    kind: str
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    """``x`` and ``width`` in percent; its pieces stand on each other, the first at the bottom."""

    x: float
    width: float
    pieces: list[Piece]


def columns(rows: Sequence[Sequence[tuple[str, int]]], height: int = HEIGHT) -> list[Column]:
    """Stacked columns side by side; each row gives (kind, number) from the bottom up."""
    most = max((sum(number for _, number in row) for row in rows), default=0) or 1
    room = 100 / max(1, len(rows))
    found = []
    for i, row in enumerate(rows):
        pieces, top = [], float(height)
        for kind, number in row:
            if number:
                tall = min(top, max(_LEAST, height * number / most))
                top -= tall
                pieces.append(Piece(kind, round(top, 1), round(tall, 1)))
        found.append(Column(round(i * room + room * 0.1, 2), round(room * 0.8, 2), pieces))
    return found


def share(number: float | None, most: float | None) -> float:
    """Percent of the longest bar."""
    return round(100 * (number or 0) / most, 2) if most else 0.0
