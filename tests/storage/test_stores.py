"""A folder and a bucket keep the same promises: an object is there whole, or not at all."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

import config
from services.clock import now
from services.storage import NotSetUp, Store, StoreUnavailable, bucket, new_store
from tests.conftest import FAST


def keep(files: Store, name: str, content: bytes) -> None:
    with files.writing(name) as sink:
        sink.write(content)


def break_off(files: Store, name: str, content: bytes) -> None:
    with files.writing(name) as sink:
        sink.write(content)
        raise ZeroDivisionError


def test_what_was_kept_is_read_piece_by_piece(files: Store) -> None:
    keep(files, "exports/one", b"0123456789")
    assert files.size("exports/one") == 10
    assert files.read("exports/one", 0, 4) == b"0123"
    assert files.read("exports/one", 7, 10) == b"789"
    with files.at_hand("exports/one") as path:
        assert path.read_bytes() == b"0123456789"
        with path.open("rb") as file:
            file.seek(8)
            assert file.read() == b"89"


def test_writing_it_again_puts_the_new_one_in_its_place(files: Store) -> None:
    keep(files, "exports/twice", b"first and longer")
    keep(files, "exports/twice", b"second")
    assert files.size("exports/twice") == 6
    assert files.read("exports/twice", 0, 6) == b"second"


@pytest.mark.parametrize("size", [5, 13 * 1024 * 1024])
def test_what_was_not_finished_never_appears(
    files: Store, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "_PART", 5 * 1024 * 1024)  # the least that a store takes
    with pytest.raises(ZeroDivisionError):
        break_off(files, "exports/broken", b"x" * size)
    with pytest.raises(FileNotFoundError):
        files.size("exports/broken")
    assert "exports/broken" not in dict(files.names("exports"))
    with files.writing("exports/broken") as sink:
        sink.write(b"x" * size)
        with pytest.raises(FileNotFoundError):
            files.size("exports/broken")
    assert files.size("exports/broken") == size
    files.delete("exports/broken")


def test_an_empty_object_is_one(files: Store) -> None:
    with files.writing("imports/empty"):
        pass
    assert files.size("imports/empty") == 0


def test_a_folder_is_listed_with_its_times(files: Store) -> None:
    for name in ("imports/a", "imports/b", "other/c"):
        keep(files, name, b"x")
    listed = dict(files.names("imports"))
    assert {"imports/a", "imports/b"} <= listed.keys()
    assert "other/c" not in listed
    assert abs(now() - listed["imports/a"]) < timedelta(minutes=5)
    assert list(files.names("nothing")) == []


def test_what_was_deleted_is_gone_and_may_be_deleted_again(files: Store) -> None:
    keep(files, "exports/gone", b"x")
    files.delete("exports/gone")
    files.delete("exports/gone")
    with pytest.raises(FileNotFoundError):
        files.size("exports/gone")
    with pytest.raises(FileNotFoundError):
        files.read("exports/gone", 0, 1)
    with pytest.raises(FileNotFoundError), files.at_hand("exports/gone"):
        pass


@pytest.mark.parametrize("storage_url", ["folder"], indirect=True)
def test_a_folder_is_for_the_user_of_the_site_only(files: Store, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keep(files, "exports/one", b"x")
        of_its_own = new_store(config.load({**FAST, "INSTANCE_PATH": str(tmp_path)}))
        keep(of_its_own, "exports/two", b"x")
    finally:
        os.umask(before)
    shared = tmp_path / "shared files" / "exports"
    own = tmp_path / "storage"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (shared, own, own / "exports")]
    assert modes == [0o700] * 3
    assert stat.S_IMODE((shared / "one").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["../one", "exports/../../one", "/etc/passwd"])
@pytest.mark.parametrize("storage_url", ["folder"], indirect=True)
def test_no_name_leads_out_of_the_folder(files: Store, name: str) -> None:
    with pytest.raises(ValueError, match="no name of an object"):
        files.read(name, 0, 1)


def test_a_shared_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    files = new_store(config.load({**FAST, "INSTANCE_PATH": str(tmp_path), "STORAGE_URL": "file:///no/disk"}))
    with pytest.raises(NotSetUp, match="the folder does not exist"):
        keep(files, "exports/one", b"x")


@pytest.mark.parametrize("storage_url", ["s3"], indirect=True)
def test_a_store_that_cannot_be_reached_is_told_as_such(
    files: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep(files, "exports/one", b"x")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    away = new_store(
        config.load({**FAST, "INSTANCE_PATH": str(tmp_path), "STORAGE_URL": "s3://bucket/the/site"})
    )
    with pytest.raises(StoreUnavailable):
        away.size("exports/one")


@pytest.mark.parametrize("storage_url", ["s3"], indirect=True)
def test_a_copy_at_hand_has_no_name_that_a_killed_worker_could_leave(files: Store, tmp_path: Path) -> None:
    keep(files, "imports/a", b"email")
    with files.at_hand("imports/a") as copy:
        assert not list((tmp_path / "spool").iterdir())
        for _ in range(2):  # each opening begins at its beginning
            assert copy.read_bytes() == b"email"
        assert copy.stat().st_size == 5


def test_names_leave_out_folders(files: Store) -> None:
    keep(files, "imports/a", b"x")
    keep(files, "imports/deeper/b", b"x")
    assert "imports/deeper" not in dict(files.names("imports"))
    assert "imports/a" in dict(files.names("imports"))
