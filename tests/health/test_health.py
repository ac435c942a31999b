"""What load balancers and browsers ask before anybody signs in."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from extensions import db
from models.job import Job
from services.clock import now
from services.jobs import enqueue
from services.readiness import schema_head
from services.unit_of_work import write
from tests.support.browser import Page
from tests.support.site import Site
from tests.worker.conftest import queue_texts


def faults(page: Page) -> list[str]:
    assert page.response.json is not None
    found: list[str] = page.response.json["faults"]
    return found


def test_the_process_is_alive_whatever_the_database_does(make_site: Callable[..., Site]) -> None:
    site = make_site(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    page = site.browser().get("/healthz")
    assert (page.status, page.response.json) == (200, {"alive": True})


def test_a_site_at_head_without_waiting_messages_is_ready(site: Site) -> None:
    page = site.browser().get("/readyz")
    assert (page.status, page.response.json) == (200, {"ready": True, "faults": []})


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/.well-known/security.txt"])
def test_health_checks_set_no_cookie_and_are_not_cached(site: Site, path: str) -> None:
    page = site.browser().get(path)
    assert page.status == 200
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"


def test_a_dead_database_is_told_without_its_address(make_site: Callable[..., Site]) -> None:
    site = make_site(DATABASE_URL="postgresql+psycopg://robin:hush-hush@127.0.0.1:1/nothing")
    page = site.browser().get("/readyz")
    assert page.status == 503
    assert page.response.json == {
        "ready": False,
        "faults": ["database: cannot be reached (OperationalError)"],
    }
    assert "hush" not in page.text


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE alembic_version SET version_num = '0000'", "0000"),
        ("DELETE FROM alembic_version", "nothing"),
        ("DROP TABLE alembic_version", "nothing"),
    ],
)
def test_a_schema_that_is_not_at_head_is_told(site: Site, statement: str, found: str) -> None:
    with site.context():
        db.session.connection().exec_driver_sql(statement)
    page = site.browser().get("/readyz")
    assert page.status == 503
    assert faults(page) == [f"schema: is at {found}, not at {schema_head()}; run: flask db upgrade"]


def test_a_message_that_waits_for_half_a_minute_is_told_and_one_that_is_not_due_is_not(site: Site) -> None:
    _, owner = site.world.acme()
    with time_machine.travel(now(), tick=False) as clock:
        queue_texts(site, owner, 1)
        clock.shift(30)
        assert site.browser().get("/readyz").status == 200
        clock.shift(1)
        page = site.browser().get("/readyz")
        assert page.status == 503
        assert faults(page) == ["queue: the oldest message has waited 31 s; is the worker running?"]
        site.deliver()
        assert site.browser().get("/readyz").status == 200


def test_a_job_that_waits_is_told_and_a_scheduled_one_is_not(site: Site) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        with site.context(), write():
            enqueue("support.disable", due_at=now() + timedelta(days=1), scheduled_id=0)
        clock.shift(3600)
        assert site.browser().get("/readyz").status == 200
        clock.shift(86400)
        assert "the oldest job has waited" in faults(site.browser().get("/readyz"))[0]


def test_a_job_may_wait_while_long_ones_run_but_not_for_a_worker_that_died(site: Site) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        with site.context(), write() as session:
            for _ in range(2):
                enqueue("support.disable", scheduled_id=0)
            running = session.scalars(select(Job).order_by(Job.id)).first()
            assert running is not None
            running.state, running.lease_until = "running", now() + timedelta(seconds=60)
        clock.shift(59)
        assert site.browser().get("/readyz").status == 200
        clock.shift(2)
        assert "the oldest job has waited 61 s" in faults(site.browser().get("/readyz"))[0]


@pytest.mark.asvs("13.4.2", "16.5.1")
def test_only_the_machine_itself_reads_what_is_wrong(site: Site) -> None:
    with site.context():
        db.session.connection().exec_driver_sql("DELETE FROM alembic_version")
    far = site.browser().get("/readyz", environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    passed_on = site.browser().get("/readyz", headers={"X-Forwarded-For": "203.0.113.9"})
    for page in (far, passed_on):
        assert (page.status, page.response.json) == (503, {"ready": False})
    assert len(faults(site.browser().get("/readyz"))) == 1
    near = site.browser().get("/readyz", environ_overrides={"REMOTE_ADDR": "::1"})
    assert len(faults(near)) == 1


def test_password_managers_are_led_to_the_password_page(site: Site) -> None:
    page = site.browser().get("/.well-known/change-password")
    assert (page.status, page.location) == (302, "/settings/password")


def test_security_txt_names_a_contact_and_has_not_expired(make_site: Callable[..., Site]) -> None:
    site = make_site(SUPPORT_MAIL="help@countersign.example")
    page = site.browser().get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in page.text.splitlines())
    assert page.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert fields["Contact"] == "mailto:help@countersign.example"
    assert now().isoformat() < fields["Expires"] < (now() + timedelta(days=365)).isoformat()


def test_a_well_known_address_that_is_none_is_not_found(site: Site) -> None:
    """Else password managers believe in none of them (W3C: A Well-Known URL for Changing Passwords, section 4)."""
    name = "resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert site.browser().get(f"/.well-known/{name}").status == 404
