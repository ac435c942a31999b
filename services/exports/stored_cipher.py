"""How a stored export is encrypted: AES-256-GCM in chunks. Any part of it can be read, and no change goes unseen.

Each chunk's nonce is its number and whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and
Vizár, 2015): chunks that were swapped, left out or repeated do not open, and neither does a file that ends early. A key
serves one writing of one file, so no nonce comes twice. What the file is for is authenticated with every chunk.
"""

import secrets
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.storage import Sink, Store

#: Bytes of CSV in a chunk.
CHUNK = 64 * 1024
_TAG = 16
#: Chunks that are fetched at once: a request to a remote store costs more than its bytes.
_AT_ONCE = 8


class Tampered(Exception):
    """What lies in storage is not what was written there."""


def new_key() -> bytes:
    return secrets.token_bytes(32)


def about(export_id: str) -> bytes:
    """What every chunk is authenticated with: a file put in another's place does not open."""
    return f"countersign stored export {export_id}".encode()


def stored_size(size: int) -> int:
    """Bytes that a file of ``size`` takes in storage."""
    return size + _TAG * _count(size)


class Writer:
    """Encrypts what it is given, in pieces of any size. ``finish()`` writes the last chunk, and nothing else does."""

    def __init__(self, sink: Sink, key: bytes, about: bytes) -> None:
        self.size = 0
        self._sink = sink
        self._cipher = AESGCM(key)
        self._about = about
        self._number = 0
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self._waiting += data
        # A full chunk waits for the next byte: it may be the last.
        while len(self._waiting) > CHUNK:
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]

    def finish(self) -> None:
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._sink.write(self._cipher.encrypt(_nonce(self._number, last), chunk, self._about))
        self._number += 1


class Reader:
    """Decrypts parts of a stored file. Nothing is handed over that was not authenticated."""

    def __init__(self, store: Store, name: str, key: bytes, about: bytes, size: int) -> None:
        """``size``: of the CSV. Raises Tampered where what is stored has not the size of that, or ends otherwise."""
        self._store, self._name, self._about = store, name, about
        self._cipher = AESGCM(key)
        self._size = size
        self._count = _count(size)
        if store.size(name) != stored_size(size):
            raise Tampered("the file has another size than it was written with")
        self._opened(self._count - 1, self._count)

    def part(self, start: int, stop: int) -> Iterator[bytes]:
        """Bytes ``start`` to ``stop`` (not among them) of the CSV, in pieces of at most a chunk."""
        number = start // CHUNK
        while number * CHUNK < stop:
            until = min(number + _AT_ONCE, _count(stop))
            for chunk in self._opened(number, until):
                begins = number * CHUNK
                yield chunk[max(0, start - begins) : stop - begins]
                number += 1

    def _opened(self, first: int, until: int) -> list[bytes]:
        whole = CHUNK + _TAG
        end = min(until * whole, stored_size(self._size))
        data = memoryview(self._store.read(self._name, first * whole, end))
        return [
            self._open(number, data[(number - first) * whole :][:whole]) for number in range(first, until)
        ]

    def _open(self, number: int, chunk: memoryview) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(number, number == self._count - 1), chunk, self._about)
        except (InvalidTag, ValueError):
            raise Tampered(f"chunk {number} of {self._count} is not as it was written") from None


def _count(size: int) -> int:
    return max(1, -(-size // CHUNK))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
