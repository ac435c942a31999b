"""Files that every machine of the site must find: uploads that wait for a worker, exports that a worker has written.

One seam, two places: a folder (the default; shared between machines where there are several), or a bucket of an
S3-compatible store. STORAGE_URL says which. An object appears whole or not at all, and whoever promises one in a row
does so after it has appeared.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from flask import current_app

from config import Settings, settings
from services.storage.faults import NotSetUp, StoreUnavailable
from services.storage.folder import Folder

__all__ = ["NotSetUp", "Sink", "Store", "StoreUnavailable", "new_store", "room", "store"]

#: Bytes that long files leave free, for whatever else lies on the disk; less on a small one.
_KEPT_FREE = 256 * 1024 * 1024


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Store(Protocol):
    """Objects by name, ``folder/name``. Faults are OSError: FileNotFoundError where there is no such object."""

    def writing(self, name: str) -> AbstractContextManager[Sink]:
        """The object appears, safe on its disk, when the block ends; if it raises, nothing appears."""
        ...

    def read(self, name: str, start: int, end: int) -> bytes:
        """Bytes ``start`` to ``end``, which is not among them; fewer where the object is shorter."""
        ...

    def size(self, name: str) -> int: ...

    def delete(self, name: str) -> None:
        """It is gone afterwards, and may have been before."""
        ...

    def names(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """What lies in a folder, also what was never finished: (name, when it was last written)."""
        ...

    def at_hand(self, name: str) -> AbstractContextManager[Path]:
        """The object as a file of this machine, to be read only, and only inside the block."""
        ...


def store() -> Store:
    """The store of this site; one in each process. Raises NotSetUp."""
    pid, found = current_app.extensions.get("storage", (0, None))
    if found is None or pid != os.getpid():  # a connection does not live through a fork
        found = new_store(settings())
        current_app.extensions["storage"] = (os.getpid(), found)
    held: Store = found
    return held


def new_store(config: Settings) -> Store:
    """The store that STORAGE_URL names. Raises NotSetUp."""
    folder = _folder(config)
    if folder is not None:
        return Folder(folder, ours=not config.storage_url)
    from services.storage.bucket import Bucket

    return Bucket(config.storage_url, config.instance_path / "spool", production=config.is_production)


def _folder(config: Settings) -> Path | None:
    if not config.storage_url:
        return config.instance_path / "storage"
    parts = urlsplit(config.storage_url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def room() -> int | None:
    """How many bytes may still be written; below 0 when the disk is all but full. None where nobody knows: a bucket."""
    folder = _folder(settings())
    if folder is None:
        return None
    try:
        disk = os.statvfs(folder)
    except FileNotFoundError:  # it is made with the first object, or writing says what is wrong
        return None
    kept = min(_KEPT_FREE, disk.f_blocks * disk.f_frsize // 50)
    return disk.f_bavail * disk.f_frsize - kept
