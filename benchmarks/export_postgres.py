"""Contacts out of PostgreSQL: the site's download through its own web server, beside psql and beside peers."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.cpu import Cost, cost_of
from benchmarks.figures import Contestant, Figure, LeftOut, Race
from benchmarks.jobs import Setting
from benchmarks.peers import django, go
from benchmarks.servers import WebServer, gunicorn
from benchmarks.sites import Site
from tests.support.postgres_binaries import find_binaries

NAME = "Export, PostgreSQL"


class ExportPostgres:
    def __init__(self, setting: Setting) -> None:
        url = setting.postgres.create_database("bench_export")
        folder = setting.new_folder("export-postgres")
        site = Site(url, folder / "site")
        site.fill(setting.rows)
        self._path, self._headers = site.fixed()
        self._postmaster = setting.postgres.process_id()
        conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._server = setting.stack.enter_context(
            WebServer(gunicorn("app:create_app()"), site.settings, folder / "web.log", "/healthz")
        )
        script = folder / "copy.sql"
        script.write_text(
            "SET jit = off; SET enable_sort = off; SET timezone = 'UTC';\n"
            f"COPY ({site.guarded_select()}) TO STDOUT (FORMAT csv, FORCE_QUOTE *);\n"
        )
        command = [psql(), "-qX", "-v", "ON_ERROR_STOP=1", "-f", str(script), conninfo]
        references = [
            Contestant(
                "psql",
                lambda: cost_of(lambda: _quiet(command), self._postmaster),
                setting.rows,
                "`psql`, the same `COPY`",
            ),
            *self._peers(setting, folder, conninfo, site.account_id),
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
        return self._server.download(self._path, self._headers, self._postmaster)

    def _peers(self, setting: Setting, folder: Path, conninfo: str, account: int) -> Iterator[Contestant]:
        if setting.short or setting.large:
            return
        for peer in (go.served, django.iterator, django.import_export):
            try:
                yield peer(setting, folder, conninfo, account)
            except LeftOut as why:
                setting.left_out.append(f"{NAME} / {peer.__doc__}: {why}")


def psql() -> str:
    """Raises LeftOut where there is none."""
    beside = (find_binaries() or Path()) / "psql"
    found = str(beside) if beside.exists() else shutil.which("psql")
    if not found:
        raise LeftOut("psql was not found")
    return found


def _quiet(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
