"""The process's own log tells where something broke, and never what a person typed or a row holds."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from extensions import db
from models import Contact, User
from models.job import Job
from services import job_kinds, jobs, logs
from services.clock import now
from services.jobs import Lease, enqueue
from services.unit_of_work import after_commit, write
from tests.conftest import FAST
from tests.support.site import Site
from tests.support.worker_process import ROOT, process_environment

SECRET = "private-person@acme.example"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the process would write to its stderr in production."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    logs.set_up("WARNING", for_machines=True)
    try:
        yield stream
    finally:
        logging.getLogger().removeHandler(handler)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def add_twice(user: User) -> None:
    """PostgreSQL's message has the row in it: "Key (account_id, email)=(1, …) already exists"."""
    moment = now()
    row: dict[str, Any] = {
        "account_id": user.account_id, "email": SECRET, "data": {}, "created_at": moment, "updated_at": moment,
    }  # fmt: skip
    with write() as session:
        session.execute(insert(Contact), [row])
        session.execute(insert(Contact), [row])


def broken_job(job: Job, _: Lease) -> None:
    add_twice(db.session.get_one(User, job.params["user_id"]))


def check(log: io.StringIO, site: Site, event: str) -> None:
    assert SECRET not in log.getvalue()
    assert "INSERT INTO" not in log.getvalue()
    found = [line for line in lines(log) if event in line["event"]]
    assert len(found) == 1
    line = found[0]
    assert line["level"] == "error"
    assert line["timestamp"].endswith("Z")
    assert "in add_twice" in line["exception"]
    assert "sqlalchemy.exc.IntegrityError" in line["exception"]
    driver = (
        "psycopg.errors.UniqueViolation" if "postgresql" in site.settings.database_url else "sqlite3.Integ"
    )
    assert driver in line["exception"]


@pytest.mark.asvs("16.3.4")
def test_a_fault_of_a_page_is_told_by_its_place_and_kind(site: Site, log: io.StringIO) -> None:
    _, owner = site.world.acme()

    def fall() -> str:
        add_twice(owner)
        return ""

    site.app.view_functions["health.healthz"] = fall
    page = site.browser().get("/healthz")
    assert page.status == 500
    assert SECRET not in page.text
    check(log, site, "fault ")


@pytest.mark.asvs("16.3.4")
def test_a_fault_of_a_job_is_told_by_its_place_and_kind(
    site: Site, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, owner = site.world.acme()
    monkeypatch.setitem(job_kinds.HANDLERS, "broken", f"{__name__}:broken_job")
    with site.context():
        with write():
            enqueue("broken", user_id=owner.id)
        jobs.run_due()
    check(log, site, "failed on attempt 1")


def test_a_fault_after_a_commit_is_told_by_its_place_and_kind(site: Site, log: io.StringIO) -> None:
    _, owner = site.world.acme()
    with site.context(), write():
        after_commit(lambda: add_twice(owner))
    check(log, site, "a callback after commit failed")


def test_causes_contexts_and_groups_are_told_without_their_words(log: io.StringIO) -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as exc:
            raise ExceptionGroup(SECRET, [ValueError(SECRET), OSError(SECRET)]) from exc
    except ExceptionGroup as group:
        group.add_note(SECRET)
        logging.getLogger("any").error("it broke", exc_info=group)
    assert SECRET not in log.getvalue()
    told = lines(log)[0]["exception"]
    for name in ("KeyError", "ExceptionGroup", "ValueError", "OSError"):
        assert name in told


def test_an_exception_that_is_its_own_cause_ends(log: io.StringIO) -> None:
    first, second = ValueError(SECRET), TypeError(SECRET)
    first.__cause__, second.__cause__ = second, first
    logging.getLogger("any").error("round and round", exc_info=first)
    assert lines(log)[0]["exception"].count("ValueError") == 1


_PROGRAM = """
import logging
import os
import sys

logging.getLogger("gunicorn.error").addHandler(logging.StreamHandler())
logging.getLogger("gunicorn.error").propagate = False
import config
from app import create_app

create_app(config.load(os.environ).model_copy(update={"app_env": sys.argv[1]}))
for name in ("gunicorn.error", "services.anything"):
    try:
        raise ValueError("private words")
    except ValueError:
        logging.getLogger(name).exception("it broke")
"""


@pytest.mark.parametrize("kind", ["production", "development"])
def test_every_log_of_the_process_is_written_by_the_one_formatter(tmp_path: Path, kind: str) -> None:
    given = {**FAST, "DATABASE_URL": f"sqlite:///{tmp_path}/site.sqlite3", "INSTANCE_PATH": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM, kind], cwd=ROOT, env=process_environment(given), check=False,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("it broke") == 2
    assert ran.stderr.count("ValueError") == 2
    assert "private words" not in ran.stderr
    if kind == "production":
        names = [json.loads(line)["logger"] for line in ran.stderr.splitlines()]
        assert names == ["gunicorn.error", "services.anything"]
