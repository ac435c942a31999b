"""A file of contacts into PostgreSQL, as the worker does it, beside COPY and one merge."""

from sqlalchemy import make_url

from benchmarks import floors
from benchmarks.cpu import cost_of
from benchmarks.figures import Contestant, Figure, Race
from benchmarks.jobs import Setting
from benchmarks.sites import Site

NAME = "Import, PostgreSQL"


class ImportPostgres:
    """Into a database of its own, empty before each round."""

    def __init__(self, setting: Setting) -> None:
        url = setting.postgres.create_database("bench_import")
        folder = setting.new_folder("import-postgres")
        site = Site(url, folder / "site")
        conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        file = floors.csv_file(folder / "import.csv", setting.import_rows)
        floor = floors.PlainMerge(conninfo, file)
        few = floors.csv_file(folder / "few.csv", 3)
        site.import_file(few)  # a worker has long imported its modules and put its statements together
        postmaster = setting.postgres.process_id()
        ours = lambda: cost_of(lambda: site.import_file(file), postmaster, before=site.forget_imported)  # noqa: E731
        theirs = lambda: cost_of(floor.run, postmaster, before=floor.clear)  # noqa: E731
        self._race = Race(
            NAME, Contestant("ours", ours, setting.import_rows),
            [Contestant("COPY and merge", theirs, setting.import_rows, "`COPY` and one `INSERT … ON CONFLICT`")],
        )  # fmt: skip

    def round(self) -> None:
        self._race.round()

    def figures(self) -> list[Figure]:
        rows = self._race.ours.rows / self._race.of_ours(lambda cost: cost.wall)
        grown = self._race.of_ours(lambda cost: cost.grown) / 1024
        return [
            *self._race.figures(),
            Figure(f"{NAME}: rows a second", rows, "rows/s"),
            Figure(f"{NAME}: memory", grown, "MiB over idle"),
        ]
