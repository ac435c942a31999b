"""Contacts out of SQLite: the site's download through its own web server, beside the shell and datasette."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.exports import ExportJob
from benchmarks.figures import Contestant, LeftOut
from benchmarks.jobs import Setting
from benchmarks.peers import datasette
from benchmarks.sites import Site

NAME = "Export, SQLite"


class ExportSqlite(ExportJob):
    def __init__(self, setting: Setting) -> None:
        shell = shutil.which("sqlite3")
        if not shell:
            raise LeftOut("sqlite3 was not found")
        folder = setting.new_folder("export-sqlite")
        path = folder / "site.sqlite3"
        site = Site(f"sqlite:///{path}", folder / "site")
        site.fill(setting.rows)
        super().__init__(NAME, setting, folder, site, database=None)
        command = [shell, "-csv", "-readonly", str(path), site.guarded_select()]
        self.race("sqlite3", "`sqlite3 -csv`, the same cells", command, _peers(setting, folder, path))


def _peers(setting: Setting, folder: Path, path: Path) -> Iterator[Contestant]:
    if setting.short or setting.large:
        return
    try:
        yield datasette.served(setting, folder, path)
    except LeftOut as why:
        setting.left_out.append(f"{NAME} / datasette: {why}")
