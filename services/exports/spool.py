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


class blocks(Iterator[bytes]):
    """A written file from its beginning, closed at the end, and by ``close()`` when nobody has begun to read it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(0)

    def __next__(self) -> bytes:
        block = b"" if self._file.closed else self._file.read(CHUNK)
        if not block:
            self.close()
            raise StopIteration
        return block

    def close(self) -> None:
        self._file.close()

    __del__ = close  # a reader who left without a word
