"""The first rows of a file: what parts its cells, whether a row names the columns, and our guess where each goes."""

from dataclasses import dataclass
from typing import Any

from services.contacts.fields import MAX_FIELDS
from services.imports import mapping, reasons, sniffing
from services.imports.mapping import EMAIL
from services.imports.sniffing import NotACsv

#: Of a file of which somebody chooses where the columns go: some more than can all be kept, so that some are left out.
MAX_COLUMNS = 250


class NoEmailColumn(ValueError):
    """No column of the file holds email addresses."""


@dataclass(frozen=True)
class Look:
    """``skip``: rows before the first contact. ``rows``: some contacts, as they stand in the file."""

    delimiter: str
    skip: int
    header: list[str]
    #: Our guess, a name of services/imports/mapping.py for each column. Maybe none is EMAIL.
    targets: list[str]
    rows: list[list[str]]
    #: How many contacts there are in what was looked at.
    count: int

    def columns(self, targets: list[str] | None = None) -> dict[str, Any]:
        """What is kept with an import: this, with other targets where somebody chose them."""
        return {
            "delimiter": self.delimiter,
            "skip": self.skip,
            "header": self.header,
            "targets": targets or self.targets,
        }


def look(lines: list[str]) -> Look:
    """At the first lines of a file. Raises NoEmailColumn where there is no row at all."""
    declared = sniffing.declared_delimiter(lines[0]) if lines else ""
    lines = lines[1:] if declared else lines
    delimiter = declared or sniffing.delimiter_of(lines)
    rows = sniffing.rows_of(lines, delimiter)
    if not rows:
        raise NoEmailColumn
    named = mapping.has_header(rows)
    header, targets = mapping.targets_of(rows, named=named)
    count = len(sniffing.rows_of(lines, delimiter, None)) - named
    return Look(delimiter, bool(declared) + named, header, targets, rows[1:] if named else rows, count)


def guessed(lines: list[str]) -> dict[str, Any]:
    """columns() of a file of which nobody chose anything. Raises NoEmailColumn."""
    found = look(lines)
    if EMAIL not in found.targets:
        raise NoEmailColumn
    return found.columns()


def choosable(head: bytes) -> Look:
    """A look at the first bytes of a file, for somebody to choose where its columns go.

    Raises NotACsv, in the words in which the import of such a file would end.
    """
    try:
        found = look(sniffing.sample_of_head(head))
    except NoEmailColumn:
        raise NotACsv(reasons.NO_EMAIL_COLUMN) from None
    if len(found.targets) > MAX_COLUMNS:
        raise NotACsv(reasons.TOO_MANY_FIELDS % {"most": MAX_FIELDS})
    if not found.rows and EMAIL not in found.targets:
        raise NotACsv(reasons.NO_EMAIL_COLUMN)
    return found
