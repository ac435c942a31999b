"""The whole site through PgBouncer in transaction mode, with two connections to the server for everybody."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import select

import config
from app import create_app
from extensions import db
from models.export import ExportDownload
from tests.conftest import FAST
from tests.machines.conftest import MakeMachines
from tests.machines.house import House, exports_at
from tests.machines.machines import plain
from tests.support.at_once import at_once
from tests.support.exporting import fixed_export, many_contacts, rows_of
from tests.support.pgbouncer import HOW_TO_GET_ONE, PgBouncer, find_pgbouncer
from tests.support.site import Site
from tests.support.worker_process import wait_until

pytestmark = pytest.mark.skipif(find_pgbouncer() is None, reason=HOW_TO_GET_ONE)

SERVERS = 2
#: What PgBouncer itself sets on a server, to what the client of the moment asked for.
_KEPT_BY_POOLER = {
    "client_encoding",
    "DateStyle",
    "TimeZone",
    "standard_conforming_strings",
    "application_name",
}
#: What would be left of one client for the next on the same server.
_LEFT = """
SELECT 'setting ' || name FROM pg_settings WHERE source = 'session'
UNION ALL SELECT 'prepared ' || statement FROM pg_prepared_statements
UNION ALL SELECT 'cursor ' || name FROM pg_cursors
UNION ALL SELECT 'listens to ' || pg_listening_channels()
UNION ALL SELECT 'lock ' || objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
UNION ALL SELECT 'table ' || oid::regclass FROM pg_class
    WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'
"""


@pytest.fixture(scope="module")
def pooler(own_database: str) -> Iterator[PgBouncer]:
    with PgBouncer(own_database, SERVERS) as pooler:
        yield pooler


@pytest.fixture(scope="module")
def house(pooler: PgBouncer, own_database: str, machines: MakeMachines) -> Iterator[House]:
    """The worker waits for wakes on a line of its own; all the rest goes through the pooler."""
    through = pooler.url(own_database)
    with machines(through, QUEUE_URL=plain(through)) as made:
        made.worker("c", QUEUE_URL=plain(own_database))
        web = made.web("a", workers=2)
        yield House(made, web, web)


def test_sign_in_code_export_and_import_work(house: House) -> None:
    of = house.estate()
    visitor = house.signed_in(of)
    place = house.imported(
        visitor, "Email,FIRSTNAME\r\n" + "".join(f"p{n}@acme.example,P\r\n" for n in range(300))
    )
    assert "300" in visitor.get(place).words
    address = fixed_export(visitor)
    download = house.step_up(visitor, of, f"{address}/download")
    assert len(rows_of(visitor.get(download).data)) == 303


def test_requests_at_the_same_moment_share_two_connections_and_leave_nothing_to_each_other(
    house: House, pooler: PgBouncer, own_database: str
) -> None:
    visitors = []
    for _ in range(2):
        of = house.estate(contacts=20)
        visitor = house.signed_in(of)
        download = house.step_up(visitor, of, fixed_export(visitor) + "/download")
        visitors.append((visitor, download))

    def asks(at: int) -> list[int]:
        visitor, download = visitors[at % 2]
        twin = visitor.twin()
        return [
            twin.get(path).status for path in ("/contacts", download, "/contacts/exports", "/contacts") * 2
        ]

    answers = at_once(*[lambda at=at: asks(at) for at in range(6)])
    assert {status for found in answers for status in found} <= {
        200,
        429,
    }  # three files at once for an account
    assert [found.count(200) >= 6 for found in answers] == [True] * 6
    found = pooler.figures()
    assert found["sv_active"] + found["sv_idle"] + found["sv_used"] <= SERVERS
    assert left(pooler, own_database) == set()


def test_a_reader_who_leaves_ends_the_query(house: House, own_database: str) -> None:
    of = house.estate()
    many_contacts(house.site, of.account, 60_000)
    visitor = house.signed_in(of)
    download = house.step_up(visitor, of, fixed_export(visitor) + "/download")
    answer = visitor.wire.streamed(download)
    reader = answer.iter_content(1000)  # whose end would be the connection's
    assert next(reader)
    assert exports_at(own_database) == 1
    answer.close()
    ended = select(ExportDownload.state).where(ExportDownload.account_id == of.account.id)
    wait_until(lambda: house.first(ended) == "partial")
    wait_until(lambda: exports_at(own_database) == 0)
    assert visitor.get("/contacts").status == 200


def test_only_who_has_a_server_to_himself_prepares_statements(house: House, own_database: str) -> None:
    direct = Site(create_app(config.load({**FAST, "DATABASE_URL": own_database})))
    assert threshold(direct) == 5
    assert threshold(house.site) is None


def left(pooler: PgBouncer, database_url: str) -> set[str]:
    """What is left on the servers, looked for on all of them: each open transaction has one."""
    found: set[str] = set()
    pids = set()
    ways = [psycopg.connect(plain(pooler.url(database_url)), prepare_threshold=None) for _ in range(SERVERS)]
    for way in ways:
        pids.add(way.execute("SELECT pg_backend_pid()").fetchone())
        found |= {row[0] for row in way.execute(_LEFT)}
    for way in ways:
        way.close()
    assert len(pids) == SERVERS
    return found - {f"setting {name}" for name in _KEPT_BY_POOLER}


def threshold(site: Site) -> int | None:
    """After how many uses a connection of the site prepares a statement; None: never."""
    with site.app.app_context():
        connection = db.session.connection().connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        found = connection.prepare_threshold
        db.session.remove()
        db.engine.dispose()
    return found
