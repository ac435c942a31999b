"""Files to import may be larger than any other request; for people who are signed in, and on that one page only."""

import tempfile
from typing import IO, Any

from flask import Flask, request, request_started
from flask.blueprints import BlueprintSetupState
from flask_login import current_user

from config import settings

#: The other fields of the form, and what stands around the file.
_ROOM_FOR_FORM = 64 * 1024
_MIB = 1024 * 1024


def accept_large_files(state: BlueprintSetupState) -> None:
    """Raise the limit before the CSRF check reads the form, which comes before any view."""
    request_started.connect(_raise_limit, state.app)


def _raise_limit(_: Flask, **__: Any) -> None:
    if request.endpoint != "contacts.imports_new" or request.method != "POST":
        return
    if current_user.is_authenticated and not current_user.user.is_support:
        request.max_content_length = settings().import_max_mib * _MIB + _ROOM_FOR_FORM
        request._get_file_stream = _on_disk  # type: ignore[method-assign]  # werkzeug's place for it is the class


def _on_disk(*_: object, **__: object) -> IO[bytes]:
    """Beside the site's other files from its first byte: the system's own folder for temporary files may be memory.

    It has no name, so nothing is left of an upload that breaks off.
    """
    folder = settings().instance_path / "uploads"
    folder.mkdir(mode=0o700, exist_ok=True)
    return tempfile.TemporaryFile("w+b", dir=folder)
