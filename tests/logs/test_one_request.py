"""One request, one id: in the web process, in the worker and when the receipt comes; and no number, code or token."""

import io
import json
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import config
from app import create_app
from extensions import db
from models import Message
from models.job import Job
from services import logs
from services.jobs import enqueue
from services.origin import following
from services.unit_of_work import write
from tests.conftest import FAST
from tests.support.site import Site
from tests.support.worker_process import WorkerProcess, wait_until
from tests.webhooks.signing import APPLICATION, SECRET, event, post, signed


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the process would write to its stderr in production, at INFO."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    logs.set_up("INFO", for_machines=True)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site(VONAGE_SIGNATURE_SECRET=SECRET, VONAGE_APPLICATION_ID=APPLICATION, LOG_LEVEL="INFO")


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.asvs("16.2.1", "16.2.4", "16.2.5")
def test_one_id_follows_a_code_from_the_click_to_the_receipt(site: Site, log: io.StringIO) -> None:
    logs.set_up("INFO", for_machines=True)
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get("/login")
    asked = browser.submit(email=owner.email, password=site.world.password)
    request_id = asked.headers["X-Request-Id"]
    site.deliver()
    with site.context():
        message = db.session.scalars(select(Message).where(Message.channel == "sms")).one()
        public_id, provider_id = message.public_id, message.provider_id
        assert message.request_id == request_id
    body = event(public_id, "delivered", message_uuid=provider_id)
    token = signed(body)
    assert post(site, body, token).status == 200
    told = {line["event"]: line for line in lines(log) if line.get("message_id") == public_id}
    assert {"message: queued", "message: taken", "message: accepted", "message: receipt"} <= told.keys()
    assert {line["request_id"] for line in told.values()} == {request_id}
    assert told["message: receipt"]["country"] == "GB"
    assert told["message: receipt"]["to"].endswith(owner.mobile_number[-2:])
    sent = [line for line in lines(log) if line.get("what") == "code:sent"]
    assert [line["request_id"] for line in sent] == [request_id]
    cookie = browser.cookie("session")
    assert cookie
    for secret in (owner.mobile_number[1:], site.code(), token, owner.email, cookie):
        assert secret not in log.getvalue().replace(" ", "")


def test_a_worker_of_its_own_logs_the_same_id(migrated_sqlite: Path, tmp_path: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "site.sqlite3")
    environment = {
        **FAST, "DATABASE_URL": f"sqlite:///{tmp_path}/site.sqlite3", "INSTANCE_PATH": str(tmp_path),
        "LOG_LEVEL": "INFO",
    }  # fmt: skip
    site = Site(create_app(config.load(environment)))
    browser = site.browser()
    browser.get("/login")
    asked = browser.submit(email=site.world.acme()[1].email, password=site.world.password)
    with WorkerProcess(environment, tmp_path / "worker.log") as worker:
        wait_until(lambda: "message: accepted" in worker.log)
        [line] = [line for line in worker.log.splitlines() if "message: accepted" in line]
    assert f"request_id={asked.headers['X-Request-Id']}" in line
    with site.context():
        db.session.remove()
        db.engine.dispose()


def test_each_request_has_an_id_of_its_own_and_takes_nobodys(site: Site) -> None:
    browser = site.browser(X_Request_Id="mine")
    found = [
        browser.get(path).headers["X-Request-Id"] for path in ("/login", "/login", "/healthz", "/nothing")
    ]
    assert len(set(found)) == 4
    assert all(re.fullmatch(r"[0-9a-f]{16}", one) for one in found)


def test_the_page_of_a_fault_the_answer_and_the_log_name_the_same_id(site: Site, log: io.StringIO) -> None:
    def fall() -> str:
        raise RuntimeError

    site.app.view_functions["health.healthz"] = fall
    page = site.browser().get("/healthz")
    name = page.headers["X-Request-Id"]
    assert name in page.text
    assert [line["request_id"] for line in lines(log) if line["event"].startswith("fault in")] == [name]


def test_what_comes_after_a_request_belongs_to_none(site: Site) -> None:
    site.browser().get("/login")
    with site.context(), write():
        assert enqueue("contacts.import", import_id=0).params == {"import_id": 0}


def test_a_job_has_the_id_of_the_request_that_asked_for_it(site: Site) -> None:
    with site.context(), following("abcdef0123456789"), write():
        enqueue("contacts.import", import_id=0)
    with site.context():
        assert db.session.scalars(select(Job)).one().params["request_id"] == "abcdef0123456789"
