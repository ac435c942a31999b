"""Contacts out of SQLite: the site's download through its own web server, beside the shell and datasette."""

import shutil
import subprocess
from pathlib import Path

from benchmarks.cpu import Cost, cost_of
from benchmarks.figures import Contestant, Figure, LeftOut, Race
from benchmarks.jobs import Setting
from benchmarks.peers import datasette
from benchmarks.servers import WebServer, gunicorn
from benchmarks.sites import Site

NAME = "Export, SQLite"


class ExportSqlite:
    def __init__(self, setting: Setting) -> None:
        shell = shutil.which("sqlite3")
        if not shell:
            raise LeftOut("sqlite3 was not found")
        folder = setting.new_folder("export-sqlite")
        path = folder / "site.sqlite3"
        site = Site(f"sqlite:///{path}", folder / "site")
        site.fill(setting.rows)
        self._path, self._headers = site.fixed()
        self._server = setting.stack.enter_context(
            WebServer(gunicorn("app:create_app()"), site.settings, folder / "web.log", "/healthz")
        )
        command = [shell, "-csv", "-readonly", str(path), site.guarded_select()]
        references = [
            Contestant(
                "sqlite3",
                lambda: cost_of(lambda: _quiet(command)),
                setting.rows,
                "`sqlite3 -csv`, the same cells",
            ),
            *self._peers(setting, folder, path),
        ]
        self._race = Race(NAME, Contestant("ours", self._ours, setting.rows), references)
        self._ours()

    def round(self) -> None:
        self._race.round()

    def figures(self) -> list[Figure]:
        costs = self._race.costs["ours"]
        return [
            *self._race.figures(),
            Figure(f"{NAME}: first byte", 1000 * self._race.of_ours(lambda cost: cost.first_byte), "ms"),
            Figure(f"{NAME}: memory", max(cost.grown for cost in costs) / 1024, "MiB over idle"),
            Figure(
                f"{NAME}: rows a second",
                self._race.ours.rows / self._race.of_ours(lambda cost: cost.wall),
                "rows/s",
            ),
        ]

    def _ours(self) -> Cost:
        return self._server.download(self._path, self._headers)

    def _peers(self, setting: Setting, folder: Path, path: Path) -> list[Contestant]:
        if setting.short or setting.large:
            return []
        try:
            return [datasette.served(setting, folder, path)]
        except LeftOut as why:
            setting.left_out.append(f"{NAME} / datasette: {why}")
            return []


def _quiet(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
