"""Objects as files of a folder, readable by the site's user only."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from services.storage.faults import NotSetUp


class Folder:
    def __init__(self, root: Path, *, ours: bool) -> None:
        """``ours``: the folder is made when it is missing. One that an operator named is not: it may be a disk that is
        not there at the moment, and what is written in its place would be found by no other machine."""
        self._root = root
        self._ours = ours

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        path = self._path(name)
        self._make(path.parent)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with open(unfinished, "xb", opener=lambda at, flags: os.open(at, flags, 0o600)) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            _sync(path.parent)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def read(self, name: str, start: int, end: int) -> bytes:
        with self._path(name).open("rb", buffering=0) as file:
            file.seek(start)
            found = b""
            while len(found) < end - start and (more := file.read(end - start - len(found))):
                found += more
            return found

    def size(self, name: str) -> int:
        return self._path(name).stat().st_size

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def names(self, folder: str) -> Iterator[tuple[str, datetime]]:
        for path in self._path(folder).glob("*"):
            try:
                about = path.stat(follow_symlinks=False)
            except OSError:  # it has just been removed, or is nothing of ours
                continue
            if stat.S_ISREG(about.st_mode):
                yield f"{folder}/{path.name}", datetime.fromtimestamp(about.st_mtime, UTC)

    @contextmanager
    def at_hand(self, name: str) -> Iterator[Path]:
        path = self._path(name)
        path.stat()  # FileNotFoundError
        yield path

    def _path(self, name: str) -> Path:
        path = self._root / name
        if ".." in path.parts or not path.is_relative_to(self._root):
            raise ValueError(f"no name of an object: {name!r}")
        return path

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if self._ours:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not self._root.is_dir():
            raise NotSetUp("STORAGE_URL: the folder does not exist")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _sync(folder: Path) -> None:
    """The name is on the disk, too: a row may promise it from here on."""
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
