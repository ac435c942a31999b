"""Exports that a worker writes first: chunks of a few bytes, so that a few contacts fill many."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from extensions import db
from models import AuditEvent, ExportDownload, ExportFile, User
from services import storage
from services.exports import stored_cipher
from tests.storage.conftest import s3, s3_server, storage_url  # noqa: F401  # fixtures
from tests.support.browser import Browser, Page
from tests.support.exporting import fixed_export
from tests.support.site import Site

CHUNK = 100
#: For what the kind of database makes no difference to.
on_one = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_cipher, "CHUNK", CHUNK)


class Story:
    """The owner of an account with a few contacts, and an export whose file is asked for."""

    def __init__(self, site: Site, *, two_factor: bool, contacts: int = 8) -> None:
        self.site = site
        self.two_factor = two_factor
        self.account, self.owner = site.world.acme(two_factor=two_factor)
        listed = site.world.contacts(self.account, contacts, list_name="Newsletter")
        assert listed is not None
        self.list_id = listed.public_id
        self.browser = site.signed_in(self.owner)

    def export(self, browser: Browser | None = None, **fields: Any) -> str:
        """The address of a new export that nobody has asked a file of."""
        return fixed_export(browser or self.browser, list=self.list_id, **fields)

    def prepared(self, browser: Browser | None = None) -> str:
        """The address of an export whose file is ready."""
        browser = browser or self.browser
        address = self.export(browser)
        assert browser.post(f"{address}/prepare").location == address
        self.site.deliver()
        assert self.file(address).state == "ready"
        return address

    def ready(self) -> str:
        """The same, with the code entered where there is one."""
        address = self.prepared()
        if self.two_factor:
            assert self.site.step_up(self.browser, f"{address}/download") == f"{address}/download"
        return address

    def get(self, address: str, **headers: str) -> Page:
        page = self.browser.get(
            f"{address}/download", headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        assert page.data is not None  # read to its end
        page.response.close()
        return page

    def file(self, address: str) -> ExportFile:
        from models import Export

        with self.site.context():
            found = db.session.scalars(
                select(ExportFile)
                .join(Export, Export.id == ExportFile.export_id)
                .where(Export.public_id == address.rpartition("/")[2])
            ).one()
            db.session.expunge(found)
        return found

    def size(self, address: str) -> int:
        """Bytes of the CSV."""
        return self.file(address).bytes or 0

    def objects(self) -> list[str]:
        with self.site.context():
            return [name for name, _ in storage.store().names("exports")]

    def told(self, event: str) -> list[dict[str, Any]]:
        """Details of the events of a kind, oldest first."""
        with self.site.context():
            rows = db.session.scalars(
                select(AuditEvent).where(AuditEvent.event == event).order_by(AuditEvent.id)
            )
            return [dict(row.details or {}) for row in rows]

    def downloads(self) -> list[tuple[int | None, int | None, int | None, str]]:
        with self.site.context():
            rows = db.session.scalars(select(ExportDownload).order_by(ExportDownload.id))
            return [(row.first_byte, row.length, row.sent, row.state) for row in rows]

    def mails_of_exports(self, user: User | None = None) -> list[str]:
        return [
            mail["subject"]
            for mail in self.site.mails((user or self.owner).email)
            if "xport" in mail["subject"]
        ]


@pytest.fixture
def story(site: Site) -> Story:
    """Without two-factor: what is told and kept is the same, and a test takes half the time."""
    return Story(site, two_factor=False)


@pytest.fixture
def guarded(site: Site) -> Story:
    return Story(site, two_factor=True)


@pytest.fixture
def make_story(make_site: Callable[..., Site]) -> Callable[..., Story]:
    def make(*, two_factor: bool = True, contacts: int = 8, **changed: str) -> Story:
        return Story(make_site(**changed), two_factor=two_factor, contacts=contacts)

    return make


def path_of(story: Story, name: str | None) -> Path:
    """Where an object lies, in a site that keeps them in its folder."""
    return story.site.settings.instance_path / "storage" / str(name)
