"""Objects of an S3-compatible store, through fsspec. Needs the package s3fs, which the operator installs.

Keys, region and another store's address come from the environment as for every S3 client (AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3), or from the machine's own role.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec

from services.storage.faults import NotSetUp, StoreUnavailable

#: Bytes of one part. A store takes 10,000 parts, so that an object may have 78 GiB.
_PART = 8 * 1024 * 1024
#: Where Linux shows the open files of a process.
_DESCRIPTORS = Path("/proc/self/fd")
_HERE = ("localhost", "127.0.0.1", "::1")
_ADDRESSES = ("FSSPEC_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


class Bucket:
    def __init__(self, url: str, scratch: Path, *, production: bool) -> None:
        """``scratch``: a folder of this machine for copies. Raises NotSetUp."""
        address = next((os.environ[name] for name in _ADDRESSES if os.environ.get(name)), "")
        if production and urlsplit(address).scheme == "http" and urlsplit(address).hostname not in _HERE:
            raise NotSetUp("STORAGE_URL: the store's address must begin with https:// in production")
        try:
            self._files = fsspec.filesystem(
                "s3",
                use_listings_cache=False,
                config_kwargs={"connect_timeout": 5, "read_timeout": 30},
                **({"endpoint_url": address} if address else {}),
            )
        except ImportError:
            raise NotSetUp("STORAGE_URL: s3:// needs the package s3fs (pip install s3fs)") from None
        self._root = url.removeprefix("s3://").rstrip("/")
        self._scratch = scratch

    @contextmanager
    def writing(self, name: str) -> Iterator["_Sink"]:
        with _told():
            # The store shows the object when the last part is confirmed by commit(), and not before.
            file = self._files.open(self._path(name), "wb", autocommit=False, block_size=_PART)
        try:
            yield _Sink(file)
            with _told():
                file.close()
                file.commit()
        except BaseException:
            with suppress(Exception):  # parts that stay behind are removed by the bucket's own rule
                file.discard()
            file.closed = True
            raise

    def read(self, name: str, start: int, end: int) -> bytes:
        with _told():
            found: bytes = self._files.cat_file(self._path(name), start=start, end=end)
        return found

    def size(self, name: str) -> int:
        with _told():
            return int(self._files.info(self._path(name))["size"])

    def delete(self, name: str) -> None:
        with suppress(FileNotFoundError), _told():
            self._files.rm_file(self._path(name))

    def names(self, folder: str) -> Iterator[tuple[str, datetime]]:
        with _told():
            found = self._files.find(self._path(folder), detail=True)
        for path, about in found.items():
            yield path.removeprefix(self._root + "/"), about["LastModified"]

    @contextmanager
    def at_hand(self, name: str) -> Iterator[Path]:
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Without a name where the system has a way to open it so: nothing is left when the worker is killed. (Else the
        # cleaning removes what is left.)
        with ExitStack() as held:
            if _DESCRIPTORS.is_dir():
                file = held.enter_context(tempfile.TemporaryFile(dir=self._scratch))
                copy = _DESCRIPTORS / str(file.fileno())
            else:
                copy = Path(held.enter_context(tempfile.NamedTemporaryFile(dir=self._scratch)).name)
            with _told():
                self._files.get_file(self._path(name), str(copy))
            yield copy

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


class _Sink:
    """What is written to an object."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        with _told():
            return int(self._file.write(data))


@contextmanager
def _told() -> Iterator[None]:
    """Whatever a client of the store raises is an OSError, without the store's own words: they can hold names."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as fault:
        raise StoreUnavailable(f"the store failed ({type(fault).__name__})") from fault
