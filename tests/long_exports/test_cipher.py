"""What lies in storage: any change to it is found before a byte of it is handed on."""

from itertools import chain
from pathlib import Path

import pytest

from services.exports import stored_cipher
from services.exports.stored_cipher import Reader, Tampered, Writer, about, new_key, stored_size
from services.storage.folder import Folder
from tests.long_exports.conftest import CHUNK

ABOUT = about("an export")
WHOLE = CHUNK + 16


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path, ours=True)


@pytest.fixture
def key() -> bytes:
    return new_key()


def plain(size: int) -> bytes:
    return bytes(number % 251 for number in range(size))


def stored(store: Folder, key: bytes, data: bytes, pieces: int = 37) -> bytes:
    with store.writing("f/x") as sink:
        writer = Writer(sink, key, ABOUT)
        for at in range(0, len(data), pieces):
            writer.write(data[at : at + pieces])
        writer.finish()
    return store.read("f/x", 0, 10**6)


def put(store: Folder, data: bytes) -> None:
    with store.writing("f/x") as sink:
        sink.write(data)


def read(store: Folder, key: bytes, size: int, start: int = 0, stop: int | None = None) -> bytes:
    reader = Reader(store, "f/x", key, ABOUT, size)
    return b"".join(reader.part(start, size if stop is None else stop))


def test_what_was_written_comes_back(store: Folder, key: bytes) -> None:
    for size in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 9 * CHUNK + 5, 17 * CHUNK):
        data = plain(size)
        for pieces in (1, 37, CHUNK, 1000):
            raw = stored(store, key, data, pieces)
            assert len(raw) == stored_size(size)
            assert read(store, key, size) == data
            assert size < 20 or data[:20] not in raw


def test_any_part_is_that_slice_of_the_whole(store: Folder, key: bytes) -> None:
    data = plain(10 * CHUNK + 7)
    stored(store, key, data)
    edges = sorted(
        {0, len(data), *(n * CHUNK + d for n in (1, 2, 8, 9, 10) for d in (-1, 0, 1)), 10 * CHUNK + 6}
    )
    reader = Reader(store, "f/x", key, ABOUT, len(data))
    for start in edges:
        for stop in edges:
            if start < stop:
                assert b"".join(reader.part(start, stop)) == data[start:stop], (start, stop)


def test_only_the_chunks_of_a_part_are_read(
    store: Folder, key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = plain(50 * CHUNK)
    stored(store, key, data)
    reader = Reader(store, "f/x", key, ABOUT, len(data))
    asked: list[tuple[int, int]] = []
    real = store.read

    def noted(name: str, start: int, end: int) -> bytes:
        asked.append((start, end))
        return real(name, start, end)

    monkeypatch.setattr(store, "read", noted)
    assert b"".join(reader.part(20 * CHUNK + 5, 21 * CHUNK + 5)) == data[20 * CHUNK + 5 : 21 * CHUNK + 5]
    assert asked == [(20 * WHOLE, 22 * WHOLE)]


@pytest.mark.asvs("11.3.2")
def test_a_changed_byte_is_refused_and_nothing_fetched_with_it_is_given_out(
    store: Folder, key: bytes
) -> None:
    data = plain(5 * CHUNK + 1)
    raw = stored(store, key, data)
    for at in (0, WHOLE - 1, 3 * WHOLE + 50, len(raw) - 1):
        put(store, raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        given = bytearray()
        with pytest.raises(Tampered):
            given.extend(chain.from_iterable(Reader(store, "f/x", key, ABOUT, len(data)).part(0, len(data))))
        assert given == b""


CHUNKS = [slice(number * WHOLE, (number + 1) * WHOLE) for number in range(5)]


def test_chunks_in_another_order_are_refused(store: Folder, key: bytes) -> None:
    data = plain(5 * CHUNK)
    raw = stored(store, key, data)
    for kept in ([0, 2, 1, 3, 4], [0, 1, 1, 3, 4], [4, 1, 2, 3, 0]):
        put(store, b"".join(raw[CHUNKS[number]] for number in kept))
        with pytest.raises(Tampered):
            read(store, key, len(data))


def test_a_file_that_ends_early_is_refused_before_its_first_byte(store: Folder, key: bytes) -> None:
    data = plain(5 * CHUNK)
    raw = stored(store, key, data)
    for cut in (1, 16, WHOLE, 4 * WHOLE):
        put(store, raw[:-cut])
        with pytest.raises(Tampered):
            Reader(store, "f/x", key, ABOUT, len(data))


def test_a_whole_chunk_does_not_pass_for_the_last_one(store: Folder, key: bytes) -> None:
    """Cut at a border, with the size that a changed row would say: the last chunk is marked as such."""
    raw = stored(store, key, plain(5 * CHUNK))
    put(store, raw[: 3 * WHOLE])
    with pytest.raises(Tampered, match="chunk 2 of 3"):
        Reader(store, "f/x", key, ABOUT, 3 * CHUNK)


def test_neither_another_key_nor_another_export_opens_it(store: Folder, key: bytes) -> None:
    data = plain(CHUNK + 1)
    stored(store, key, data)
    with pytest.raises(Tampered):
        read(store, new_key(), len(data))
    with pytest.raises(Tampered):
        Reader(store, "f/x", key, about("another export"), len(data))


def test_no_nonce_comes_twice(monkeypatch: pytest.MonkeyPatch, store: Folder, key: bytes) -> None:
    nonces: list[bytes] = []
    real = stored_cipher._nonce

    def kept(number: int, last: bool) -> bytes:
        nonces.append(real(number, last))
        return nonces[-1]

    monkeypatch.setattr(stored_cipher, "_nonce", kept)
    stored(store, key, plain(300 * CHUNK))
    assert len(nonces) == len(set(nonces)) == 300
    assert {len(nonce) for nonce in nonces} == {12}
