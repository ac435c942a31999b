"""Files that are written whole before they are sent: nameless, and gone with the process."""

import tempfile
from collections.abc import Iterator
from typing import IO

from config import settings
from services.exports.streams import CHUNK


def new_file() -> IO[bytes]:
    folder = settings().instance_path / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    """The file from its beginning, closed at the end."""
    with file:
        file.seek(0)
        while block := file.read(CHUNK):
            yield block
