"""What a worker tells Prometheus: the site's figures; nothing in them grows without bound or names anybody."""

import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import update

from models import Message
from models.provider import Circuit
from services import metrics
from services.clock import now
from services.unit_of_work import write
from tests.conftest import FAST
from tests.support.live_site import free_port
from tests.support.site import Site
from tests.support.worker_process import WorkerProcess, wait_until


def told(site: Site) -> dict[str, float]:
    """Each sample by its name and labels, as it would be scraped."""
    registry = CollectorRegistry()
    registry.register(metrics.SiteFigures(site.app))
    lines = generate_latest(registry).decode().splitlines()
    return {name: float(value) for name, value in (x.rsplit(" ", 1) for x in lines if not x.startswith("#"))}


def change(site: Site, statement: Any) -> None:
    with site.context(), write() as session:
        session.execute(statement.execution_options(synchronize_session=False))


def test_the_figures_are_those_of_the_rows(site: Site) -> None:
    _, owner = site.world.acme()
    site.signed_in(owner)
    site.half_signed_in(owner)
    with site.context(), write() as session:
        session.add(Circuit(name="vonage", state="open", reason="HTTP 402", changed_at=now()))
    found = told(site)
    assert found["countersign_database_up"] == 1
    assert found['countersign_messages_last_hour{channel="sms",country="GB",state="queued"}'] == 1
    assert found['countersign_codes_last_hour{channel="sms",what="sent"}'] == 1
    assert found['countersign_codes_last_hour{channel="sms",what="entered"}'] == 1
    assert found['countersign_seconds_to_accepted_last_hour_bucket{channel="sms",le="+Inf"}'] == 1
    assert found['countersign_outbox_messages{channel="sms"}'] == 1
    assert found['countersign_circuit_open{gateway="vonage"}'] == 1
    assert found["countersign_sms_budget_used"] == 2
    assert (found["countersign_calls_budget_used"], found["countersign_calls_budget_limit"]) == (0, 500)
    assert found['countersign_provider_answers_total{answer="accepted",gateway="outbox"}'] >= 1


def test_the_oldest_message_has_an_age(site: Site) -> None:
    site.half_signed_in(site.world.acme()[1])
    change(site, update(Message).values(due_at=now() - timedelta(seconds=90)))
    assert 90 <= told(site)['countersign_outbox_oldest_seconds{channel="sms"}'] < 900


@pytest.mark.asvs("16.2.5")
def test_labels_are_of_a_few_kinds_and_name_nobody(site: Site) -> None:
    _, owner = site.world.acme()
    site.signed_in(owner)
    labels = {label for name in told(site) for label in re.findall(r'(\w+)="', name)}
    assert labels <= {"channel", "country", "state", "what", "le", "gateway", "answer"}
    values = " ".join(value for name in told(site) for value in re.findall(r'="([^"]*)"', name))
    assert not re.search(r"\d{5,}|@", values)


def test_a_worker_serves_them_on_its_own_port_and_only_while_it_runs(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "site.sqlite3")
    environment = {
        **FAST, "DATABASE_URL": f"sqlite:///{tmp_path}/site.sqlite3", "INSTANCE_PATH": str(tmp_path),
    }  # fmt: skip
    port = free_port()
    given = {**environment, "LOG_LEVEL": "INFO", "METRICS_PORT": str(port)}
    with WorkerProcess(given, tmp_path / "worker.log") as worker:
        wait_until(lambda: f":{port}/metrics" in worker.log)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            assert b"countersign_database_up 1.0" in answer.read()
        assert worker.stop() == 0
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5)


def test_nothing_is_served_where_no_port_is_set(site: Site) -> None:
    with metrics.serving(site.app):
        pass
    assert site.settings.metrics_port == 0


def test_a_port_that_is_taken_stops_no_worker(
    make_site: Callable[..., Site], caplog: pytest.LogCaptureFixture
) -> None:
    site = make_site(METRICS_PORT=str(free_port()))
    with metrics.serving(site.app), metrics.serving(site.app):
        assert "no metrics from this process" in caplog.text


def test_a_dead_database_shows_as_such(make_site: Callable[..., Site]) -> None:
    site = make_site(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1")
    assert told(site)["countersign_database_up"] == 0
