"""Cleaning: what has expired goes, what is in use stays, the log is not touched."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from extensions import db
from models import (
    AuditEvent,
    Challenge,
    ContactImport,
    Interruption,
    Job,
    LimitCounter,
    Link,
    LoginSession,
    Message,
    PendingSignIn,
    TrustedBrowser,
    WebhookReceipt,
)
from models.types import new_public_id
from services import purge
from services.clock import now
from services.storage.folder import Folder
from services.unit_of_work import write
from tests.commands.conftest import Run
from tests.support.site import Site
from tests.worker.conftest import queue_texts

TABLES: tuple[Any, ...] = (
    Challenge, Interruption, Job, LimitCounter, Link, LoginSession, Message, PendingSignIn, TrustedBrowser,
    WebhookReceipt,
)  # fmt: skip


def counts(site: Site, *tables: Any) -> dict[str, int]:
    with site.context():
        return {
            table.__tablename__: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables or TABLES
        }


def a_day_of_use(site: Site) -> None:
    """A sign-in with a code, one left half way, a forgotten password, a step-up that nobody answered."""
    _, owner = site.world.acme()
    site.signed_in(owner)
    half = site.browser()
    half.get("/login")
    half.submit(email=owner.email, password=site.world.password)
    half.get("/login")
    lost = site.browser()
    lost.get("/password/forgot")
    lost.submit(email=owner.email)
    site.deliver()
    with site.context(), write() as session:
        moment = now()
        session.add(WebhookReceipt(jti="j", received_at=moment, expires_at=moment))
        session.add(Job(kind="x", state="done", created_at=moment, due_at=moment, finished_at=moment))


def test_nothing_of_today_is_removed_but_what_has_ended(site: Site, run: Run) -> None:
    a_day_of_use(site)
    before = counts(site)
    assert before["messages"] >= 3
    assert before["challenges"] == 2
    done = run("purge-expired")
    assert done.exit_code == 0, done.output
    assert counts(site) == {**before, "webhook_receipts": 0}


@pytest.mark.asvs("14.2.7")
def test_after_two_months_all_of_it_is_gone_and_the_log_is_whole(site: Site, run: Run) -> None:
    a_day_of_use(site)
    logged = counts(site, AuditEvent)
    with time_machine.travel(now() + timedelta(days=61)):
        done = run("purge-expired")
        assert done.exit_code == 0, done.output
        assert "Messages: " in done.output
        assert set(counts(site).values()) == {0}
        assert run("purge-expired").output == "Nothing has expired.\n"
    assert counts(site, AuditEvent) == logged
    assert run("audit", "verify").exit_code == 0


def test_a_text_that_still_waits_is_never_removed(site: Site, run: Run) -> None:
    _, owner = site.world.acme()
    queue_texts(site, owner, 1)
    with time_machine.travel(now() + timedelta(days=400)):
        run("purge-expired")
        assert counts(site, Message) == {"messages": 1}


def test_more_than_one_batch_goes(site: Site) -> None:
    moment = now() - timedelta(days=1)
    with site.context(), write() as session:
        session.add_all(
            WebhookReceipt(jti=str(number), received_at=moment, expires_at=moment)
            for number in range(2 * purge.BATCH + 1)
        )
    with site.context():
        assert purge.purge_expired()["Receipts"] == 2 * purge.BATCH + 1
    assert counts(site, WebhookReceipt) == {"webhook_receipts": 0}


@pytest.mark.asvs("14.2.7")
def test_uploads_that_nobody_waits_for_are_removed_after_a_day(site: Site, run: Run) -> None:
    account, owner = site.world.acme()
    uploads = site.settings.instance_path / "storage" / "imports"
    uploads.mkdir(parents=True)
    here = site.settings.instance_path
    waiting, done, broken_off = (new_public_id() for _ in range(3))
    mine = account.public_id
    paths = [
        *(uploads / f"{mine}.{each}" for each in (waiting, done, broken_off)),
        uploads / f".{mine}.{broken_off}.0123456789abcdef",  # never finished
        here / "uploads" / f"{waiting}.utf8", here / "uploads" / "gone.utf8",
        here / "spool" / "tmp1234",  # of a worker that was killed
    ]  # fmt: skip
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text("email")
    with site.context(), write() as session:
        for public_id, state in ((waiting, "waiting"), (done, "done")):
            session.add(
                ContactImport(
                    public_id=public_id, account_id=account.id, user_id=owner.id, file_name="a.csv", size=5,
                    state=state, created_at=now(),
                )
            )  # fmt: skip
    run("purge-expired")
    assert all(path.exists() for path in paths)
    with time_machine.travel(now() + timedelta(days=1, seconds=5)):
        assert "Uploaded files: 5 removed" in run("purge-expired").output
    assert [path.name for path in paths if path.exists()] == [f"{mine}.{waiting}", f"{waiting}.utf8"]


def test_what_others_keep_in_the_same_folder_is_theirs_and_holds_up_nothing(site: Site, run: Run) -> None:
    account, _ = site.world.acme()
    folder = site.settings.instance_path / "storage"
    theirs = [
        folder / kind / name
        for kind in ("exports", "imports")
        for name in (
            "annual-report.pdf", new_public_id(), f".{new_public_id()}.0123456789abcdef",
            # another site's on the same address
            f"{new_public_id()}.{new_public_id()}", f".{new_public_id()}.{new_public_id()}.0123456789abcdef",
        )
    ]  # fmt: skip
    for path in theirs:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("theirs")
    ours = [folder / kind / f"{account.public_id}.{new_public_id()}" for kind in ("exports", "imports")]
    for path in ours:
        # A folder of this name can be removed by no file's means.
        (path.parent / f"{account.public_id}.{'a' * 22}").mkdir()
        (path.parent / "archive").mkdir()
        path.write_text("ours")
    with time_machine.travel(now() + timedelta(days=1, seconds=5)):
        output = run("purge-expired").output
    assert "Uploaded files: 1 removed" in output
    assert "Files of exports: 1 removed" in output
    assert all(path.exists() for path in theirs)
    assert not any(path.exists() for path in ours)


def test_one_file_that_cannot_be_removed_keeps_no_other_there(
    site: Site, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, _ = site.world.acme()
    folder = site.settings.instance_path / "storage" / "imports"
    folder.mkdir(parents=True)
    paths = [folder / f"{account.public_id}.{new_public_id()}" for _ in range(3)]
    for path in paths:
        path.write_text("email")
    delete = Folder.delete

    def refused_for_one(self: Folder, name: str) -> None:
        if name.endswith(paths[1].name):
            raise PermissionError(name)
        delete(self, name)

    monkeypatch.setattr(Folder, "delete", refused_for_one)
    with time_machine.travel(now() + timedelta(days=1, seconds=5)):
        assert "Uploaded files: 2 removed" in run("purge-expired").output
    assert [path for path in paths if path.exists()] == [paths[1]]
