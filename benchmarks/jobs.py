"""What every job of the benchmarks gets, and what it must be able to do."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from benchmarks.figures import Figure
from benchmarks.sites import Site
from tests.support.postgres import LocalServer

#: A million rows are in memory, as on a server that was set up, and no checkpoint comes in the middle.
ROOMY = {"shared_buffers": "1GB", "work_mem": "64MB", "maintenance_work_mem": "512MB", "max_wal_size": "4GB"}
MODEST = {"max_wal_size": "2GB"}


class Job(Protocol):
    """Prepared once, then a round at a time, in turn with the others."""

    def round(self) -> None: ...

    def figures(self) -> list[Figure]: ...


@dataclass
class Setting:
    """``rows``: contacts of the export; ``slow_rows``: of slow peers, scaled up; ``import_rows``: of a file."""

    folder: Path
    stack: ExitStack
    rows: int
    slow_rows: int
    import_rows: int
    rounds: int
    short: bool = False
    #: Only beside what takes nothing but the least.
    large: bool = False
    #: What could not be measured, and why.
    left_out: list[str] = field(default_factory=list)

    @cached_property
    def postgres(self) -> LocalServer:
        """One server for all jobs."""
        return self.stack.enter_context(LocalServer(None, **(MODEST if self.short else ROOMY)))

    @cached_property
    def filled(self) -> Site:
        """A site on PostgreSQL with an account of ``rows`` contacts, for jobs that only read."""
        site = Site(self.postgres.create_database("bench_contacts"), self.new_folder("contacts"))
        site.fill(self.rows)
        return site

    def new_folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder
