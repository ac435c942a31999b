"""How a file comes from the socket to its place: by the disk, whole or not at all."""

import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import request_tearing_down
from sqlalchemy import select

from blueprints.contacts.upload_places import Place
from blueprints.contacts.uploads import Upload
from extensions import db
from models import ContactImport
from tests.support.importing import upload
from tests.support.site import Site

MIB = 1024 * 1024


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Nothing here is about the database: one kind will do."""
    shutil.copy(migrated_sqlite, tmp_path / "site.sqlite3")
    return f"sqlite:///{tmp_path / 'site.sqlite3'}"


def test_a_file_that_cannot_be_kept_is_told_beside_its_field_and_leaves_nothing(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    folder = site.settings.instance_path / "storage"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_bytes(b"")  # whatever is to be made below it cannot be
    answer = upload(browser, "Email\na@example.org\n")
    assert answer.status == 503
    assert answer.error("file") == "The file could not be kept. Try again in a few minutes"
    with site.context():
        assert db.session.scalars(select(ContactImport)).all() == []
    assert not list((site.settings.instance_path / "uploads").iterdir())


def test_an_upload_lies_on_the_sites_own_disk_from_its_first_byte_without_a_name(site: Site) -> None:
    with site.context(), closing(Upload(1)) as file:
        where = Path(os.readlink(f"/proc/self/fd/{file.fileno()}"))
        assert where.is_relative_to((site.settings.instance_path / "uploads").resolve())
        assert not list((site.settings.instance_path / "uploads").iterdir())


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Inside, the system refuses to let a file grow larger, as a full disk does (setrlimit(2), EFBIG)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    "beyond",
    [
        pytest.param(2 * MIB, id="while it comes in"),
        pytest.param(100, id="with its last bytes"),  # they are written when all have come
    ],
)
def test_a_disk_that_is_full_before_the_file_has_come_in_is_told_beside_its_field(
    site: Site, beyond: int
) -> None:
    account, owner = site.world.acme(two_factor=False)
    chosen = site.world.contacts(account, 1, list_name="Readers")
    assert chosen is not None
    browser = site.signed_in(owner)
    room = 3 * MIB
    with no_file_beyond(room):
        answer = upload(browser, b"Email\n" + b"x" * (room + beyond), list=chosen.public_id)
    assert answer.status == 503
    assert answer.error("file") == "The file could not be kept. Try again in a few minutes"
    assert answer.value("list") == chosen.public_id  # it comes behind the file
    with site.context():
        assert db.session.scalars(select(ContactImport)).all() == []
    assert not list((site.settings.instance_path / "uploads").iterdir())


def test_a_file_that_is_too_large_is_told_beside_its_field_and_the_choice_of_a_list_is_kept(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(IMPORT_MAX_MIB="1")
    account, owner = site.world.acme(two_factor=False)
    chosen = site.world.contacts(account, 1, list_name="Readers")
    assert chosen is not None
    browser = site.signed_in(owner)
    answer = upload(browser, b"Email\n" + b"x" * 2 * MIB, list=chosen.public_id)
    assert answer.status == 413
    assert (
        answer.error("file")
        == "The file is larger than 1 MB. Split it, and import the parts one after the other"
    )
    assert answer.value("list") == chosen.public_id


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize(("parts", "status"), [(900, 413), (9, 400)])
def test_parts_of_a_form_without_its_token_hold_no_descriptors(site: Site, parts: int, status: int) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/contacts/import")
    open_at_the_end: list[int] = []

    def count(*_: object, **__: object) -> None:
        open_at_the_end.append(_descriptors())

    part = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nEmail\r\n'
    before = _descriptors()
    with request_tearing_down.connected_to(count, site.app):
        answer = browser._open(
            "POST",
            "/contacts/import",
            data=part * parts + b"--limit--\r\n",
            content_type="multipart/form-data; boundary=limit",
        )
    assert answer.status == status
    assert open_at_the_end[0] - before <= 8  # the database's, the file's, and its place's


def test_a_third_file_of_an_account_at_once_is_told_to_come_later(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    folder = site.settings.instance_path / "upload-places"
    of_others, *held = Place(folder, account.id + 1), Place(folder, account.id), Place(folder, account.id)
    answer = upload(browser, "Email\na@example.org\n")
    assert answer.status == 429
    assert answer.error("file") == (
        "2 other files of this account are coming in at the moment. Try again when one of them is there"
    )
    for place in (of_others, *held):
        place.leave()
    assert upload(browser, "Email\na@example.org\n").status == 303
    assert not list(folder.iterdir())  # each upload gives its place back


def test_nothing_of_a_file_beyond_the_days_number_is_kept_while_it_comes_in(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(LIMIT_IMPORTS_ACCOUNT="1/day")
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    assert upload(browser, "Email\na@example.org\n").status == 303
    shutil.rmtree(site.settings.instance_path / "uploads")
    answer = upload(browser, "Email\nb@example.org\n")
    assert answer.status == 429
    assert not (site.settings.instance_path / "uploads").exists()
