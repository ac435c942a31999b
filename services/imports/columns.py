"""Many rows at once, a column at a time: most work is done by a few calls for all rows together.

A cell that needs a closer look marks its row, which then goes to the Converter. What comes out for the others is
exactly what the Converter would have said.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import compress, repeat
from json.encoder import encode_basestring

from services.contacts.adding import MAX_MOBILE, readable_mobile
from services.csv_guard import QUOTE, unguard
from services.imports.mapping import (
    CREATED,
    DATA,
    EMAIL,
    EMAIL_TYPE,
    MOBILE,
    OPT_IN,
    STATUS,
    UPDATED,
    Reading,
)
from services.imports.rows import CREATED_TEXT, UPDATED_TEXT, email_type_of, moment_of, opt_in_of, status_of
from services.imports.staged import Row, stamp

#: Most addresses there are; possessive, so that no text makes it look twice. mapping.is_email takes many more.
_LABEL = r"[A-Za-z0-9]{1,30}+(?:-[A-Za-z0-9]{1,10}+){0,3}+"
_ADDRESS = rf"[A-Za-z0-9_+-]++(?:\.[A-Za-z0-9_+-]++)*+@{_LABEL}(?:\.{_LABEL})++"
_EMAIL = re.compile(_ADDRESS)
_EMAILS = re.compile(rf"(?:{_ADDRESS}\n)*+")
_MAX_EMAIL = 320
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_MOBILES = re.compile(r"(?:(?:\+[1-9][0-9]{6,14}+)?+\n)*+")

#: Not escaped in JSON, and in nobody's cell.
_BETWEEN = "\x7f"
#: Ends a pair of JSON until all pairs of a row stand together; in JSON such a character is always escaped.
_PAIR = "\1"

#: None: the Converter has to see the row.
Told = list[str | None] | list[str] | tuple[str, ...]


class Columns:
    """Turns rows as wide as the header into staged rows. ``late_fields``: data fields that only some rows brought."""

    def __init__(self, reading: Reading, region: str) -> None:
        self.late_fields: set[str] = set()
        self._width = len(reading.targets)
        self._at = {target: at for at, target in enumerate(reading.targets)}
        self._data = [
            (at, target.removeprefix(DATA))
            for at, target in enumerate(reading.targets)
            if target.startswith(DATA)
        ]
        constants = {
            name.removeprefix(DATA): value
            for name, value in reading.constant.items()
            if name.startswith(DATA)
        }
        self._constants = "".join(map(_pair, constants, constants.values()))
        status = reading.constant.get(STATUS, "")
        self._kept_as = reading.status_kept_as
        self._status = _Memo(lambda text: self._read_status(text.strip()) if text.strip() else status)
        self._foreign_status = _Memo(lambda text: self._kept_status(text.strip()))
        self._opt_in = _Memo(lambda text: opt_in_of(text.strip()) if text.strip() else "")
        self._email_type = _Memo(lambda text: email_type_of(text.strip()) if text.strip() else "")
        self._no_status = status
        self._mobile = lru_cache(maxsize=4096)(lambda text: _mobile(text.strip(), region))
        # One name from two sources: which of them wins is the Converter's to say.
        self._names = {name for _, name in self._data}
        self._ambiguous = not self._names.isdisjoint(constants)
        self._names |= constants.keys()

    def __call__(self, rows: list[list[str]]) -> tuple[Sequence[int], list[Row]]:
        """(places in ``rows``, staged rows) of those that need no closer look."""
        places: Sequence[int] = range(len(rows))
        if set(map(len, rows)) != {self._width}:
            places = [at for at, row in enumerate(rows) if len(row) == self._width]
            rows = [rows[at] for at in places]
        if not rows or self._ambiguous:
            return [], []
        columns = [_unguarded(column) for column in zip(*rows, strict=True)]
        told, pairs = self._fixed(columns)
        data = self._json(columns, pairs, len(rows))
        doubtful = [column for column in told if column is not None and None in column]
        nothing = [""] * len(rows)
        made = zip(
            *(nothing if column is None else column for column in (*told[:5], data, *told[5:])), strict=True
        )
        if not doubtful:
            return places, list(made)
        fine = [None not in cells for cells in zip(*doubtful, strict=True)]
        return list(compress(places, fine)), list(compress(made, fine))

    def _fixed(self, columns: list[tuple[str, ...]]) -> tuple[list[Told | None], list[list[str]]]:
        """(the columns that every contact has but its data, pairs of JSON that they add to it)."""
        pairs: list[list[str]] = []

        def told(target: str, tell: Callable[[tuple[str, ...]], Told]) -> Told | None:
            return tell(columns[self._at[target]]) if target in self._at else None

        status = told(STATUS, self._status.all)
        if status is None and self._no_status:
            status = [self._no_status] * len(columns[0])
        if STATUS in self._at and any(kept := self._foreign_status.all(columns[self._at[STATUS]])):
            pairs.append(kept)
        moments: list[Told | None] = []
        for target, kept_as in ((CREATED, CREATED_TEXT), (UPDATED, UPDATED_TEXT)):
            if target not in self._at:
                moments.append(None)
                continue
            column = [cell.strip() for cell in columns[self._at[target]]]
            read: list[str | None] = [stamp(moment_of(cell)) if cell else "" for cell in column]
            if any(kept := [cell if not moment else "" for cell, moment in zip(column, read, strict=True)]):
                if kept_as in self._names:
                    read = [None if cell else moment for cell, moment in zip(kept, read, strict=True)]
                else:
                    self.late_fields.add(kept_as)
                    pairs.append([_pair(kept_as, cell) if cell else "" for cell in kept])
            moments.append(read)
        return [
            _emails(columns[self._at[EMAIL]]), told(MOBILE, self._mobiles), told(OPT_IN, self._opt_in.all),
            told(EMAIL_TYPE, self._email_type.all), status, *moments,
        ], pairs  # fmt: skip

    def _mobiles(self, column: tuple[str, ...]) -> Told:
        joined = "\n".join(column) + "\n"
        if _MOBILES.fullmatch(joined) and joined.count("\n") == len(column):
            return column
        return [cell if not cell or _E164.fullmatch(cell) else self._mobile(cell) for cell in column]

    def _read_status(self, text: str) -> str | None:
        status = status_of(text)
        return status if status == text or self._kept_as not in self._names else None

    def _kept_status(self, text: str) -> str:
        if not text or self._read_status(text) in {text, None}:
            return ""
        self.late_fields.add(self._kept_as)
        return _pair(self._kept_as, text)

    def _json(self, columns: list[tuple[str, ...]], pairs: list[list[str]], count: int) -> Iterable[str]:
        """The data of each row, as JSONEncoder writes it."""
        template = self._constants.replace("%", "%%")
        cells: list[Sequence[str]] = []
        for at, name in self._data:
            column = _escaped(columns[at])
            if "" in column:
                start = encode_basestring(name) + ': "'
                template += "%s"
                cells.append([f'{start}{cell}"{_PAIR}' if cell else "" for cell in column])
            else:
                template += encode_basestring(name).replace("%", "%%") + ': "%s"' + _PAIR
                cells.append(column)
        template += "%s" * len(pairs)
        if not template:
            return repeat("{}", count)
        template = "{" + template + "}"
        rows = (
            map(template.__mod__, zip(*cells, *pairs, strict=True))
            if cells or pairs
            else repeat(template % (), count)
        )
        return "\n".join(rows).replace(_PAIR + "}", "}").replace(_PAIR, ", ").split("\n")


class _Memo(dict[str, str | None]):
    """What a cell of few different values means."""

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._read = read

    def __missing__(self, text: str) -> str | None:
        found = self._read(text)
        if len(self) < 10_000:
            self[text] = found
        return found

    def all(self, column: Iterable[str]) -> list[str]:
        return list(map(self.__getitem__, column))  # type: ignore[arg-type]


def _unguarded(column: tuple[str, ...]) -> tuple[str, ...]:
    joined = "\n".join(column)
    if joined[:1] != QUOTE and "\n'" not in joined:
        return column
    return tuple(map(unguard, column))


def _emails(column: tuple[str, ...]) -> Told:
    joined = "\n".join(column) + "\n"
    if _EMAILS.fullmatch(joined) and max(map(len, column)) <= _MAX_EMAIL:
        lowered = joined.lower().split("\n")
        lowered.pop()
        if len(lowered) == len(column):  # an address has no line end in it
            return lowered
    return [cell.lower() if len(cell) <= _MAX_EMAIL and _EMAIL.fullmatch(cell) else None for cell in column]


def _mobile(text: str, region: str) -> str | None:
    return None if len(text) > MAX_MOBILE else readable_mobile(text, region)


def _escaped(column: tuple[str, ...]) -> Sequence[str]:
    """As they stand between quotation marks in JSON."""
    joined = _BETWEEN.join(column)
    escaped = encode_basestring(joined)[1:-1]
    if len(escaped) == len(joined):
        return column
    cells = escaped.split(_BETWEEN)
    return cells if len(cells) == len(column) else [encode_basestring(cell)[1:-1] for cell in column]


def _pair(name: str, text: str) -> str:
    return f"{encode_basestring(name)}: {encode_basestring(text)}{_PAIR}"
