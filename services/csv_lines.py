"""Rows as RFC 4180 has them: every cell quoted, CRLF. Cells that a spreadsheet would run are csv_guard's matter."""

import csv
import io
from collections.abc import Iterable


def csv_lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
