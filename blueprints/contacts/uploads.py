"""Files to import may be larger than any other request; for people who are signed in, and on that one page only.

Whatever goes wrong with a file while it comes in is told once all of it has come: a browser that is still sending hears
no answer, and the other fields of the form, which say who sends it and for which list, may stand behind the file.
"""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, cast

from flask import Flask, g, request, request_started, request_tearing_down
from flask.blueprints import BlueprintSetupState
from flask_login import current_user

from blueprints.contacts.upload_places import Busy, Place
from config import settings
from services import limits

_MIB = 1024 * 1024
#: The other fields of the form, and what stands around the file.
_ROOM_FOR_FORM = 64 * 1024
#: What is read beyond the limit, and thrown away. Nothing is read of what is larger still: its sender may be left with
#: a connection that broke off.
_THROWN_AWAY = 1024 * _MIB
#: Parts of the form; it has four.
_PARTS = 10


class TooLarge(Exception):
    """The file has more than IMPORT_MAX_MIB."""


class Upload:
    """The bytes of a file, on the site's own disk from the first: the system's folder for temporary files may be
    memory. They have no name there, so nothing is left of an upload that breaks off.

    What cannot be kept is thrown away, and the reason is raised to whoever reads: TooLarge, the disk's OSError, or why
    nothing is taken at all.
    """

    def __init__(self, maximum: int, refusal: Exception | None = None) -> None:
        """``maximum`` in bytes. With a ``refusal`` nothing is kept."""
        self._room = maximum
        self._fault = refusal
        self._file: IO[bytes] | None = None
        if refusal is not None:
            return
        try:
            folder = settings().instance_path / "uploads"
            folder.mkdir(mode=0o700, exist_ok=True)
            self._file = tempfile.TemporaryFile("w+b", dir=folder)  # noqa: SIM115  # close() does
        except OSError as fault:
            self._give_up(fault)

    def write(self, data: bytes) -> int:
        self._room -= len(data)
        if self._room < 0:
            self._give_up(TooLarge())
        if self._file is not None:
            try:
                self._file.write(data)
            except OSError as fault:
                self._give_up(fault)
        return len(data)

    def seek(self, place: int, whence: int = 0) -> int:
        if self._file is not None:
            try:  # it writes what it still holds
                return self._file.seek(place, whence)
            except OSError as fault:
                self._give_up(fault)
        return 0

    def read(self, size: int = -1) -> bytes:
        if self._fault is not None:
            raise self._fault
        if self._file is None:
            raise ValueError("closed")
        return self._file.read(size)

    def fileno(self) -> int:
        """Raises OSError where nothing is kept."""
        if self._file is None:
            raise OSError("nothing is kept")
        return self._file.fileno()

    def close(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # what it still holds is wanted by nobody
                self._file.close()
            self._file = None

    def _give_up(self, fault: Exception) -> None:
        self._fault = self._fault or fault
        self.close()


def accept_large_files(state: BlueprintSetupState) -> None:
    """Raise the limit before the CSRF check reads the form, which comes before any view."""
    request_started.connect(_raise_limit, state.app)
    request_tearing_down.connect(_leave_place, state.app)


def _raise_limit(_: Flask, **__: Any) -> None:
    if request.endpoint != "contacts.imports_new" or request.method != "POST":
        return
    if current_user.is_authenticated and not current_user.user.is_support:
        maximum = settings().import_max_mib * _MIB
        request.max_content_length = maximum + _ROOM_FOR_FORM + _THROWN_AWAY
        request.max_form_parts = _PARTS
        # Werkzeug's place for it is the class.
        request._get_file_stream = _first_of_all(maximum, _refusal())  # type: ignore[method-assign]


def _refusal() -> Exception | None:
    """Why nothing of a file would be kept, known before its first byte; otherwise it has a place now."""
    account_id = current_user.account.id
    try:
        limits.check("imports_account", account_id)
        g.upload_place = Place(settings().instance_path / "upload-places", account_id)
    except (limits.LimitExceeded, Busy, OSError) as refusal:
        return refusal
    return None


def _leave_place(_: Flask, **__: Any) -> None:
    if upload := g.pop("upload", None):  # the parser leaves it open where it gives up half-way
        upload.close()
    if place := g.pop("upload_place", None):
        place.leave()


def _first_of_all(maximum: int, refusal: Exception | None) -> Callable[..., IO[bytes]]:
    """The form has one file. Of others nothing is kept: together they could be as large as what is thrown away, and
    each would hold a descriptor of the process."""
    refusals = iter([refusal])

    def new_upload(*_: object, **__: object) -> IO[bytes]:
        upload = Upload(maximum, next(refusals, TooLarge()))
        g.setdefault("upload", upload)  # only the first can hold anything
        return cast(IO[bytes], upload)

    return new_upload
