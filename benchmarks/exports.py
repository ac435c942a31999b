"""What the exports of either database have in common: the real download, its references, its figures."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from benchmarks.cpu import Cost, cost_of
from benchmarks.figures import Contestant, Figure, Race
from benchmarks.jobs import Setting
from benchmarks.servers import WebServer, gunicorn
from benchmarks.sites import Site


class ExportJob:
    """A download through the site's own web server. ``database``: a process whose CPU counts as well."""

    def __init__(
        self, name: str, setting: Setting, folder: Path, site: Site, *, database: int | None
    ) -> None:
        self.name, self._rows, self._database = name, setting.rows, database
        self._path, self._headers = site.fixed()
        self._server = setting.stack.enter_context(
            WebServer(gunicorn("app:create_app()"), site.settings, folder / "web.log", "/healthz")
        )

    def race(self, tool: str, words: str, command: list[str], peers: Iterable[Contestant]) -> None:
        """Against the database's own ``command``, which does the same work, and against peers."""
        processes = [self._database] if self._database else []
        reference = Contestant(tool, lambda: cost_of(lambda: _quiet(command), *processes), self._rows, words)
        self._race = Race(self.name, Contestant("ours", self._ours, self._rows), [reference, *peers])
        self._ours()

    def round(self) -> None:
        self._race.round()

    def figures(self) -> list[Figure]:
        costs = self._race.costs["ours"]
        return [
            *self._race.figures(),
            Figure(f"{self.name}: first byte", 1000 * self._race.of_ours(lambda cost: cost.first_byte), "ms"),
            Figure(f"{self.name}: memory", max(cost.grown for cost in costs) / 1024, "MiB over idle"),
            Figure(
                f"{self.name}: rows a second",
                self._rows / self._race.of_ours(lambda cost: cost.wall),
                "rows/s",
            ),
        ]

    def _ours(self) -> Cost:
        return self._server.download(self._path, self._headers, self._database)


def _quiet(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
