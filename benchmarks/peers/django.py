"""Django: its iterator behind a streamed answer, and django-import-export. See django_site/contacts_site.py."""

from pathlib import Path

from benchmarks import peers
from benchmarks.figures import Contestant
from benchmarks.jobs import Setting
from benchmarks.servers import WebServer, gunicorn


def iterator(setting: Setting, folder: Path, conninfo: str, account: int) -> Contestant:
    """Django"""
    return _contestant(
        setting, folder, conninfo, account, "iterator", setting.slow_rows, "Django", "Django, `iterator()`"
    )


def import_export(setting: Setting, folder: Path, conninfo: str, account: int) -> Contestant:
    """django-import-export"""
    name = "django-import-export"
    # All rows, then all text: it is slow, and what it costs a row does not fall with more of them.
    return _contestant(
        setting, folder, conninfo, account, "import-export", setting.slow_rows // 5, name, name
    )


def _contestant(
    setting: Setting, folder: Path, conninfo: str, account: int, page: str, rows: int, name: str, title: str
) -> Contestant:
    command = gunicorn("contacts_site:application", python=peers.python(), folder=peers.HERE / "django_site")
    server = setting.stack.enter_context(
        WebServer(command, {"PEER_DATABASE": conninfo}, folder / f"django-{page}.log")
    )
    postmaster = setting.postgres.process_id()
    server.download(f"/{page}?account={account}&limit=10", database=postmaster)
    path = f"/{page}?account={account}&limit={rows}"
    return Contestant(name, lambda: server.download(path, database=postmaster), rows, title)
