"""docs/backup.md, done: a site is backed up while it serves, lost, and restored; people go on where they were."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from flask import Flask
from sqlalchemy import make_url

import config
from app import create_app
from extensions import db
from models import Contact
from tests.conftest import FAST
from tests.support.postgres_binaries import find_binaries
from tests.support.postgres_databases import Server
from tests.support.site import Site

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/backup.md").read_text()


def blocks(heading: str) -> list[str]:
    """The commands below a heading, but those for Docker Compose."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = [
        dedent(block) for block in re.findall(r"^ *```sh\n(.*?)^ *```", section, re.MULTILINE | re.DOTALL)
    ]
    return [block for block in found if "docker compose" not in block]


class Place:
    """Where a site lies: a database that can be lost, an instance folder, a folder for the backup."""

    def __init__(self, folder: Path, url: str, lose: Callable[[], None]) -> None:
        self.lose = lose
        self.sites: list[Site] = []
        (folder / "backup").mkdir(mode=0o700)
        self.settings = {**FAST, "INSTANCE_PATH": str(folder / "instance"), "DATABASE_URL": url}
        owner = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self.environment = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(find_binaries()), os.environ["PATH"]]),
            "INSTANCE_PATH": str(folder / "instance"), "BACKUP": str(folder / "backup"), "OWNER": owner,
        }  # fmt: skip

    def site(self) -> Site:
        self.sites.append(Site(create_app(config.load(self.settings))))
        return self.sites[-1]

    def close(self) -> None:
        while self.sites:
            with self.sites.pop().app.app_context():
                db.session.remove()
                db.engine.dispose()

    def follow(self, commands: str, app: Flask) -> None:
        """Line by line; `flask …` in this process, which is faster."""
        for line in commands.splitlines():
            if line.startswith("flask "):
                self._flask(app, line.removeprefix("flask "))
            else:
                subprocess.run(["sh", "-euc", line], env=self.environment, cwd=ROOT, check=True)

    def _flask(self, app: Flask, line: str) -> None:
        command, _, target = (
            line.replace("$BACKUP", self.environment["BACKUP"]).replace('"', "").partition(" > ")
        )
        done = app.test_cli_runner().invoke(args=command.split())
        assert done.exit_code == 0, f"{command}: {done.output}"
        if target:
            Path(target).write_text(done.output)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "instance").mkdir()
    if request.param == "sqlite":
        file = tmp_path / "instance" / "countersign.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        found = Place(tmp_path, f"sqlite:///{file}", file.unlink)
        yield found
        found.close()
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.database(request.getfixturevalue("migrated_postgres")) as url:
        name = make_url(url).database
        assert name

        def lose() -> None:
            server.drop_database(name)
            server.create_database(name)

        found = Place(tmp_path, url, lose)
        yield found
        found.close()


@pytest.mark.asvs("16.4.2")
def test_a_site_that_lost_its_database_is_restored_and_people_sign_in(place: Place) -> None:
    kind = "sqlite" if "sqlite" in place.settings["DATABASE_URL"] else "pg_"
    site = place.site()
    account = site.world.account("Acme", two_factor=True)
    owner = site.world.owner(account)
    site.world.contacts(account, 25, list_name="Newsletter")
    trusted = site.trusted(owner)

    log, *copies = blocks("Backing up")
    place.follow(log, site.app)
    (copy,) = [block for block in copies if kind in block]
    place.follow(copy, site.app)
    site.world.contacts(account, 5, list_name="Too late")
    place.close()
    place.lose()

    *restores, look = blocks("Restoring")
    (restore,) = [block for block in restores if kind in block]
    place.follow(restore, site.app)
    restored = place.site()
    place.follow(look, restored.app)
    with restored.context():
        assert db.session.query(Contact).count() == 25
    page = restored.signed_in(owner).get("/contacts")
    assert page.status == 200
    assert "Newsletter" in page.text
    assert "Too late" not in page.text
    # A browser that was trusted before is trusted still: the key is the same.
    again = restored.with_cookies({cookie.key: cookie.value for cookie in trusted.client._cookies.values()})
    again.get("/login")
    assert again.submit(email=owner.email, password=restored.world.password).location != "/login/code"
