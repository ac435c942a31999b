"""Exports read from a streaming replica: the rows come from there, and everything that is decided from the primary."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask_migrate import upgrade
from sqlalchemy import select

import config
from app import create_app
from extensions import db
from models import Contact, User
from models.export import ExportDownload
from services.unit_of_work import write
from tests.conftest import FAST
from tests.machines.conftest import MakeMachines
from tests.machines.house import House, exports_at
from tests.machines.visitor import Visitor
from tests.support.estate import Estate
from tests.support.exporting import fixed_export, many_contacts, rows_of
from tests.support.postgres import LocalServer
from tests.support.replica import HOW_TO_GET_ONE, Replica, can_be_made
from tests.support.worker_process import wait_until

FELL_BACK = "an export is read from the primary"


@pytest.fixture(scope="module")
def primary() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture(scope="module")
def replica(primary: LocalServer) -> Iterator[Replica]:
    if not can_be_made(primary):
        pytest.skip(HOW_TO_GET_ONE)
    with Replica(primary) as replica:
        yield replica


@pytest.fixture(scope="module")
def house(
    primary: LocalServer, replica: Replica, machines: MakeMachines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with primary.database() as url:
        _migrate(url, str(tmp_path_factory.mktemp("migrating")))
        there = replica.url(url.rpartition("/")[2])
        with machines(url, EXPORT_DATABASE_URL=there) as made:
            made.worker("c")
            web = made.web("a")
            yield House(made, web, web)


def _migrate(url: str, folder: str) -> None:
    app = create_app(config.load({**FAST, "DATABASE_URL": url, "INSTANCE_PATH": folder}))
    with app.app_context():
        upgrade()
        db.engine.dispose()


def approved(house: House, of: Estate) -> tuple[Visitor, str]:
    """A browser in which the code for a file was entered, and the file's address."""
    visitor = house.signed_in(of)
    return visitor, house.step_up(visitor, of, fixed_export(visitor) + "/download")


def fallen_back(house: House) -> int:
    return house.machines.log_of("a").count(FELL_BACK)


def test_the_rows_come_from_the_replica(house: House, primary: LocalServer, replica: Replica) -> None:
    of = house.estate()
    many_contacts(house.site, of.account, 60_000)
    visitor, address = approved(house, of)
    answer = visitor.wire.streamed(address)
    reader = answer.iter_content(1000)  # whose end would be the connection's
    assert next(reader)
    assert [exports_at(server.url()) for server in (primary, replica)] == [0, 1]
    answer.close()
    ended = select(ExportDownload.state).where(ExportDownload.account_id == of.account.id)
    wait_until(lambda: house.first(ended) == "partial")
    wait_until(lambda: exports_at(replica.url()) == 0)
    assert fallen_back(house) == 0


@pytest.mark.asvs("8.3.2")
def test_a_right_that_was_taken_counts_though_the_replica_does_not_know_of_it(
    house: House, replica: Replica
) -> None:
    estate = house.estate()
    visitor, address = approved(house, replace(estate, owner=estate.exporter))
    replica.pause()
    try:
        with house.site.context(), write() as session:
            session.get_one(User, estate.exporter.id).can_export = False
        refused = visitor.get(address)
        assert refused.status == 403
        assert "@example.org" not in refused.text
    finally:
        replica.resume()


def test_a_replica_that_stays_behind_is_not_read(house: House, replica: Replica) -> None:
    of = house.estate()
    visitor, address = approved(house, of)
    before = fallen_back(house)
    replica.pause()
    try:
        with house.site.context(), write() as session:
            session.execute(
                db.update(Contact).where(Contact.account_id == of.account.id).values(status="Unsubscribed")
            )
        assert statuses(visitor.get(address).data) == {"Unsubscribed"}
        assert fallen_back(house) == before + 1
    finally:
        replica.resume()
    assert statuses(visitor.get(address).data) == {"Unsubscribed"}
    assert fallen_back(house) == before + 1


def test_without_its_replica_the_site_exports_from_the_primary_and_goes_back_when_it_is_there(
    house: House, replica: Replica
) -> None:
    of = house.estate()
    visitor, address = approved(house, of)
    before = fallen_back(house)
    replica.stop()
    try:
        assert len(rows_of(visitor.get(address).data)) == 3
        assert fallen_back(house) == before + 1
    finally:
        replica.start()
    assert len(rows_of(visitor.get(address).data)) == 3
    assert fallen_back(house) == before + 1
    assert "Traceback" not in house.machines.log_of("a")


def statuses(file: bytes) -> set[str]:
    return {row["Status"] for row in rows_of(file)}
