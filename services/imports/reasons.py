"""Why a row or a file was refused: kept in English, as the file of refused rows has it, and said when it is read."""

import re
from functools import cache

from services.language import N_
from services.language import gettext as _

# Rows.
TOO_MANY_CELLS = N_("The row has %(cells)s cells, and the header has %(width)s")
NO_EMAIL = N_("There is no email address")
NOT_EMAIL = N_("Not an email address: %(text)s")
LONG_MOBILE = N_("The mobile number is longer than %(most)s characters")
NOT_OPT_IN = N_("Not an opt-in type: %(text)s. Use Unknown, Single, Double or VerifiedDouble")
NOT_EMAIL_TYPE = N_("Not an email type: %(text)s. Use Html or PlainText")
NOT_STATUS = N_("Not a status: %(text)s. Use Subscribed, Unsubscribed or Suppressed")
LONG_LINE = N_("The line is longer than %(most)s bytes")
NOT_UTF_8 = N_("The line has characters that are not in the encoding of the rest of the file")
UNCLOSED = N_("A quotation mark is opened and never closed")
LONG_CELL = N_("A cell is longer than %(most)s characters")
UNREADABLE = N_("The row cannot be read: %(fault)s")

# Files.
NO_EMAIL_COLUMN = N_(
    "No column with email addresses was found. Name it Email in the first row, and import the file again"
)
TOO_MANY_FIELDS = N_(
    "With the columns of this file the account would have more than %(most)s data fields. Remove some columns"
)
GIVEN_UP = N_(
    "We could not finish this import. The rows counted here came in; import the file again for the rest"
)
GONE = N_("The file is no longer there. Import it again")
EXCEL = N_("This is an Excel file. Open it, choose Save As, CSV, and import that file")
PICTURE = N_("This is a picture. Choose a CSV file")
PDF = N_("This is a PDF. Choose a CSV file")
COMPRESSED = N_("This is a compressed file. Unpack it first, and import the CSV file in it")
TEXT_DOCUMENT = N_("This is a text document. Choose a CSV file")
ARCHIVE = N_("This is a ZIP file. Unpack it first, and import the CSV file in it")
NOT_CSV = N_("This is not a CSV file. Export your contacts as CSV, and import that file")
EMPTY = N_("The file is empty. Choose a file with contacts")

_ALL = (
    TOO_MANY_CELLS, NO_EMAIL, NOT_EMAIL, LONG_MOBILE, NOT_OPT_IN, NOT_EMAIL_TYPE, NOT_STATUS, LONG_LINE, NOT_UTF_8,
    UNCLOSED, LONG_CELL, UNREADABLE, NO_EMAIL_COLUMN, TOO_MANY_FIELDS, GIVEN_UP, GONE, EXCEL, PICTURE, PDF, COMPRESSED,
    TEXT_DOCUMENT, ARCHIVE, NOT_CSV, EMPTY,
)  # fmt: skip


def said(kept: str) -> str:
    """In the language spoken now. What an older or newer version wrote, and what was cut short, as it is."""
    for message, pattern in _patterns():
        if match := pattern.fullmatch(kept):
            return _(message, **match.groupdict())
    return kept


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(message, re.compile(_pattern(message), re.DOTALL)) for message in _ALL]


def _pattern(message: str) -> str:
    """The message as it stands in a row, whatever was put in."""
    pieces = re.split(r"%\((\w+)\)s", message)
    return "".join(f"(?P<{piece}>.*)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))
