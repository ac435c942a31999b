"""Contacts out of PostgreSQL: the site's download through its own web server, beside psql and beside peers."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.exports import ExportJob
from benchmarks.figures import Contestant, LeftOut
from benchmarks.jobs import Setting
from benchmarks.peers import django, go
from services.exports.from_postgres import BEGIN
from tests.support.postgres_binaries import find_binaries

NAME = "Export, PostgreSQL"


class ExportPostgres(ExportJob):
    def __init__(self, setting: Setting) -> None:
        folder, site = setting.new_folder("export-postgres"), setting.filled
        super().__init__(NAME, setting, folder, site, database=setting.postgres.process_id())
        url = make_url(site.settings["DATABASE_URL"]).set(drivername="postgresql")
        conninfo = url.render_as_string(hide_password=False)
        script = folder / "copy.sql"
        # In the same kind of transaction with the same settings: else the database could plan it in another way.
        script.write_text(
            f"{BEGIN};\nCOPY ({site.guarded_select()}) TO STDOUT (FORMAT csv, FORCE_QUOTE *);\nCOMMIT;\n"
        )
        command = [psql(), "-qX", "-v", "ON_ERROR_STOP=1", "-f", str(script), conninfo]
        self.race(
            "psql", "`psql`, the same `COPY`", command, _peers(setting, folder, conninfo, site.account_id)
        )


def _peers(setting: Setting, folder: Path, conninfo: str, account: int) -> Iterator[Contestant]:
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
