"""One row of a file as the contact it describes, or the reason why it is none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from models.contact import ContactStatus, EmailType, OptInType
from services.contacts.adding import MAX_MOBILE, readable_mobile
from services.csv_guard import QUOTE, unguard
from services.imports import reasons
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
    canonical_status,
    is_email,
)

_OPT_IN = {value.value.lower(): value.value for value in OptInType}
_EMAIL_TYPE = {value.value.lower(): value.value for value in EmailType} | {
    "plain": "PlainText",
    "text": "PlainText",
}
_STATUS = frozenset(status.value for status in ContactStatus)
_SEPARATORS = str.maketrans("", "", " -_")
_MAX_EMAIL = 320
#: Data fields that keep a time that could not be read.
CREATED_TEXT, UPDATED_TEXT = "DATECREATED_TEXT", "LASTUPDATED_TEXT"


class RowRefused(ValueError):
    """``str()`` is the reason, for the report."""


@dataclass(slots=True)
class Incoming:
    """What a row says of a contact. None, or a data field that is missing: it says nothing, and what is there stays."""

    email: str
    mobile: str | None = None
    opt_in_type: str | None = None
    email_type: str | None = None
    status: str | None = None
    data: dict[str, str] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Converter:
    """Turns the cells of a row into an Incoming. ``late_fields`` are data fields that only some rows brought."""

    def __init__(self, reading: Reading, region: str) -> None:
        self._width = len(reading.targets)
        self._region = region
        self._kept_as = reading.status_kept_as
        self._constant_status = reading.constant.get(STATUS)
        self._constant_data = {
            name.removeprefix(DATA): value
            for name, value in reading.constant.items()
            if name.startswith(DATA)
        }
        self._email_at = reading.targets.index(EMAIL)
        self._data = [
            (at, target.removeprefix(DATA))
            for at, target in enumerate(reading.targets)
            if target.startswith(DATA)
        ]
        readers: dict[str, Callable[[Incoming, str], None]] = {
            MOBILE: self._mobile, OPT_IN: self._opt_in, EMAIL_TYPE: self._email_type, STATUS: self._status,
            CREATED: self._created, UPDATED: self._updated,
        }  # fmt: skip
        self._others = [
            (at, readers[target]) for at, target in enumerate(reading.targets) if target in readers
        ]
        self.late_fields: set[str] = set()

    def __call__(self, cells: list[str]) -> Incoming:
        """Raises RowRefused."""
        width = self._width
        if len(cells) > width and any(cells[width:]):
            raise RowRefused(reasons.TOO_MANY_CELLS % {"cells": len(cells), "width": width})
        cells = [unguard(cell) if cell[:1] == QUOTE else cell for cell in cells[:width]]
        present = len(cells)
        email = cells[self._email_at].strip() if self._email_at < present else ""
        lowered = email.lower()
        if not is_email(email) or len(lowered) > _MAX_EMAIL:  # a few letters are two in lower case
            raise RowRefused(reasons.NOT_EMAIL % {"text": email[:100]} if email else reasons.NO_EMAIL)
        incoming = Incoming(lowered, status=self._constant_status)
        data = {name: cells[at] for at, name in self._data if at < present and cells[at]}
        incoming.data = {**self._constant_data, **data} if self._constant_data else data
        for at, read in self._others:
            if at < present and (text := cells[at].strip()):
                read(incoming, text)
        return incoming

    def _mobile(self, incoming: Incoming, text: str) -> None:
        if len(text) > MAX_MOBILE:
            raise RowRefused(reasons.LONG_MOBILE % {"most": MAX_MOBILE})
        incoming.mobile = readable_mobile(text, self._region) or None

    def _opt_in(self, incoming: Incoming, text: str) -> None:
        incoming.opt_in_type = opt_in_of(text)
        if incoming.opt_in_type is None:
            raise RowRefused(reasons.NOT_OPT_IN % {"text": text[:60]})

    def _email_type(self, incoming: Incoming, text: str) -> None:
        incoming.email_type = email_type_of(text)
        if incoming.email_type is None:
            raise RowRefused(reasons.NOT_EMAIL_TYPE % {"text": text[:60]})

    def _status(self, incoming: Incoming, text: str) -> None:
        incoming.status = status_of(text)
        if incoming.status is None:
            raise RowRefused(reasons.NOT_STATUS % {"text": text[:60]})
        if incoming.status != text:
            self._keep(incoming, self._kept_as, text)

    def _created(self, incoming: Incoming, text: str) -> None:
        incoming.created_at = self._moment(incoming, text, CREATED_TEXT)

    def _updated(self, incoming: Incoming, text: str) -> None:
        incoming.updated_at = self._moment(incoming, text, UPDATED_TEXT)

    def _moment(self, incoming: Incoming, text: str, kept_as: str) -> datetime | None:
        moment = moment_of(text)
        if moment is None:
            self._keep(incoming, kept_as, text)
        return moment

    def _keep(self, incoming: Incoming, name: str, text: str) -> None:
        incoming.data = {**(incoming.data or {}), name: text}
        self.late_fields.add(name)


def opt_in_of(text: str) -> str | None:
    return _OPT_IN.get(text.lower().translate(_SEPARATORS))


def email_type_of(text: str) -> str | None:
    return _EMAIL_TYPE.get(text.lower().translate(_SEPARATORS))


def status_of(text: str) -> str | None:
    return text if text in _STATUS else canonical_status(text)


def moment_of(text: str) -> datetime | None:
    """ISO 8601, UTC unless it says otherwise; None for everything else, which is kept as text."""
    try:
        moment = datetime.fromisoformat(text)
        return (
            moment
            if moment.tzinfo is UTC
            else (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))
        )
    except (ValueError, OverflowError):
        return None
