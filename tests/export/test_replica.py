"""An export that should come from a replica, when there is none to read: the primary gives the same file."""

import logging
from collections.abc import Callable, Iterator

import pytest
from click.testing import Result

import config
from services.exports import replica
from tests.config.test_settings import GOOD, faults
from tests.support.exporting import download, fixed_export, rows_of
from tests.support.live_site import free_port
from tests.support.site import Site

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def no_engine_is_left() -> Iterator[None]:
    yield
    replica._replica.cache_clear()


@pytest.mark.parametrize(
    ("named", "why"),
    [("itself", "is not a replica"), ("nobody", "cannot be asked")],
)
@on_postgresql
def test_without_a_usable_replica_the_primary_is_read(
    make_site: Callable[..., Site], database_url: str, named: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = database_url if named == "itself" else f"postgresql+psycopg://u@127.0.0.1:{free_port()}/none"
    site = make_site(EXPORT_DATABASE_URL=url)
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3)
    browser = site.signed_in(owner)
    with caplog.at_level(logging.WARNING, logger="services.exports.replica"):
        answer = download(browser, fixed_export(browser))
    assert len(rows_of(answer.data)) == 3
    assert any(why in record.getMessage() for record in caplog.records)
    told: Result = site.app.test_cli_runner().invoke(args=["check-config"])
    assert told.exit_code == 1
    assert f"EXPORT_DATABASE_URL: the replica {why}" in told.stderr
    assert browser.get("/readyz").status == 200
    replica._replica(site.settings.export_database_url).dispose()


def test_the_address_of_a_replica_is_judged_with_the_others() -> None:
    of_two = {
        "DATABASE_URL": "postgresql://localhost/site",
        "EXPORT_DATABASE_URL": "postgresql://localhost/x",
    }
    config.load({**GOOD, **of_two})
    alone = faults(EXPORT_DATABASE_URL="postgresql://localhost/x")
    assert alone == ["EXPORT_DATABASE_URL: a replica of DATABASE_URL, which must be PostgreSQL too"]
    [wrong] = faults(**{**of_two, "EXPORT_DATABASE_URL": "sqlite:///x.sqlite3"})
    assert wrong.startswith("EXPORT_DATABASE_URL: must begin with postgresql+psycopg://")
    [line] = faults(**{**of_two, "EXPORT_DATABASE_URL": "postgresql://replica.example.com/x"})
    assert "verify-full" in line
