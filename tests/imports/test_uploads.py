"""How a file comes from the socket to its place: by the disk, whole or not at all."""

import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from blueprints.contacts import uploads
from extensions import db
from models import ContactImport
from tests.support.importing import upload
from tests.support.site import Site


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
    with site.context(), uploads._on_disk() as file:
        where = Path(os.readlink(f"/proc/self/fd/{file.fileno()}"))
        assert where.is_relative_to((site.settings.instance_path / "uploads").resolve())
        assert not list((site.settings.instance_path / "uploads").iterdir())
