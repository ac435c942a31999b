"""Files to import may be larger than any other request; for people who are signed in, and on that one page only.

Whatever goes wrong with a file while it comes in is told once all of it has come: a browser that is still sending hears
no answer, and the other fields of the form, which say who sends it and for which list, may stand behind the file.
"""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, cast

from flask import Flask, request, request_started
from flask.blueprints import BlueprintSetupState
from flask_login import current_user

from config import settings

_MIB = 1024 * 1024
#: The other fields of the form, and what stands around the file.
_ROOM_FOR_FORM = 64 * 1024
#: What is read beyond the limit, and thrown away. Nothing is read of what is larger still: its sender may be left with
#: a connection that broke off.
_THROWN_AWAY = 1024 * _MIB


class TooLarge(Exception):
    """The file has more than IMPORT_MAX_MIB."""


class Upload:
    """The bytes of a file, on the site's own disk from the first: the system's folder for temporary files may be
    memory. They have no name there, so nothing is left of an upload that breaks off.

    What cannot be kept is thrown away, and the reason is raised to whoever reads: TooLarge, or the disk's OSError.
    """

    def __init__(self, maximum: int) -> None:
        """``maximum`` in bytes; nothing is kept where it is 0."""
        self._room = maximum
        self._fault: Exception | None = None if maximum else TooLarge()
        self._file: IO[bytes] | None = None
        if not maximum:
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


def _raise_limit(_: Flask, **__: Any) -> None:
    if request.endpoint != "contacts.imports_new" or request.method != "POST":
        return
    if current_user.is_authenticated and not current_user.user.is_support:
        maximum = settings().import_max_mib * _MIB
        request.max_content_length = maximum + _ROOM_FOR_FORM + _THROWN_AWAY
        # Werkzeug's place for it is the class.
        request._get_file_stream = _first_of_all(maximum)  # type: ignore[method-assign]


def _first_of_all(maximum: int) -> Callable[..., IO[bytes]]:
    """The form has one file. Of others nothing is kept: together they could be as large as what is thrown away."""
    room = iter([maximum])

    def new_upload(*_: object, **__: object) -> IO[bytes]:
        return cast(IO[bytes], Upload(next(room, 0)))

    return new_upload
