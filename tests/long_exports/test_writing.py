"""The worker writes: killed, taken over, cancelled, given up. One file in the end, or none."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from extensions import db
from models import Export, ExportFile, Job
from services import jobs
from services.exports import long_writing, stored_room, streams
from services.unit_of_work import write
from tests.long_exports.conftest import Story, on_one
from tests.support.exporting import rows_of


class Killed(BaseException):
    """As if the process ended here."""


def stop_after(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None], pieces: int = 1) -> None:
    """Let ``act`` happen after so many pieces of the next file, cut small."""
    real = streams.chunks

    def cut(*arguments: Any) -> Iterator[bytes]:
        number = 0
        for chunk in real(*arguments):
            for at in range(0, len(chunk), 150):
                if number == pieces:
                    act()
                number += 1
                yield chunk[at : at + 150]

    monkeypatch.setattr(long_writing, "chunks", cut)


def take_away(story: Story) -> None:
    """The lease of whoever writes runs out."""
    with story.site.context(), write() as session:
        session.execute(
            update(Job)
            .where(Job.kind == "export.write", Job.state == "running")
            .values(state="waiting", lease_until=None)
        )


def run_job(story: Story) -> None:
    with story.site.context():
        jobs.run(db.session.scalars(select(Job.id).where(Job.kind == "export.write")).one())


def test_a_killed_worker_leaves_nothing_and_the_next_one_writes_it_once(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = story.export()
    story.browser.post(f"{address}/prepare")

    def die() -> None:
        raise Killed

    stop_after(monkeypatch, die)
    with pytest.raises(Killed):
        run_job(story)
    monkeypatch.undo()
    first = story.file(address)
    assert (first.state, story.objects()) == ("writing", [])
    take_away(story)
    story.site.deliver()
    file = story.file(address)
    assert (file.state, file.rows, story.objects()) == ("ready", 8, [file.name])
    assert (file.name, file.key) != (first.name, first.key)
    assert len(story.told("export:file_ready")) == 1


def test_a_worker_that_was_taken_over_leaves_the_file_of_the_other(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = story.export()
    story.browser.post(f"{address}/prepare")

    def other() -> None:
        monkeypatch.setattr(long_writing, "chunks", real)
        take_away(story)
        run_job(story)

    real = streams.chunks
    stop_after(monkeypatch, other)
    run_job(story)
    file = story.file(address)
    assert file.state == "ready"
    assert story.objects() == [file.name]
    assert len(story.told("export:file_ready")) == 1
    assert len(rows_of(story.get(address).data)) == 8


def test_a_cancel_stops_the_worker_and_the_key_is_gone(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    address = story.export()
    story.browser.post(f"{address}/prepare")
    monkeypatch.setattr(long_writing, "_TELL_EVERY", 0.0)
    keys: list[Any] = []

    def cancel() -> None:
        keys.append(story.file(address).key)
        assert story.browser.post(f"{address}/remove-file").location == address

    stop_after(monkeypatch, cancel)
    story.site.deliver()
    file = story.file(address)
    assert keys[0] is not None
    assert (file.state, file.key, story.objects()) == ("cancelled", None, [])
    assert story.told("export:file_ended")[0]["why"] == "cancelled"
    assert story.told("export:file_ready") == []
    assert "cancelled or removed" in story.browser.get(address).words
    monkeypatch.undo()
    story.browser.post(f"{address}/prepare")
    story.site.deliver()
    assert story.file(address).state == "ready"


@on_one
def test_how_far_it_is_shows_while_it_is_written(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    address = story.export()
    story.browser.post(f"{address}/prepare")
    monkeypatch.setattr(long_writing, "_TELL_EVERY", 0.0)
    seen: list[dict[str, Any]] = []
    stop_after(
        monkeypatch, lambda: seen.append(story.browser.get(f"{address}/status").response.get_json()), 4
    )
    story.site.deliver()
    assert seen[0]["finished"] is False
    assert seen[0]["total"] == 8
    assert seen[0]["status"].endswith("of 8 contacts written")


@on_one
def test_one_file_of_an_account_is_written_at_a_time(
    story: Story, monkeypatch: pytest.MonkeyPatch, time_machine_at: Callable[..., None]
) -> None:
    first, second = story.export(), story.export()
    for address in (first, second):
        story.browser.post(f"{address}/prepare")
    states: list[str] = []

    def meanwhile() -> None:
        monkeypatch.setattr(long_writing, "chunks", real)
        with story.site.context():
            for job_id in jobs.due_ids():
                jobs.run(job_id)
        states.extend(story.file(address).state for address in (first, second))

    real = streams.chunks
    stop_after(monkeypatch, meanwhile)
    story.site.deliver()
    assert states == ["writing", "waiting"]
    time_machine_at(seconds=6)
    story.site.deliver()
    assert story.file(second).state == "ready"


@on_one
def test_what_cannot_be_written_is_told_and_can_be_tried_again(
    story: Story, monkeypatch: pytest.MonkeyPatch, time_machine_at: Callable[..., None]
) -> None:
    address = story.export()
    story.browser.post(f"{address}/prepare")

    def fail() -> None:
        raise OSError("the disk is full")

    stop_after(monkeypatch, fail)
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 2)
    for _ in range(2):
        story.site.deliver()
        time_machine_at(minutes=10)
    file = story.file(address)
    assert (file.state, file.key, story.objects()) == ("failed", None, [])
    page = story.browser.get(address)
    assert "The file could not be prepared" in page.words
    assert "Your export could not be prepared" in story.mails_of_exports()
    monkeypatch.undo()
    story.browser.post(f"{address}/prepare")
    story.site.deliver()
    assert story.file(address).state == "ready"


@on_one
def test_a_right_that_is_lost_while_it_is_written_ends_it(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = story.site.world.user(story.account, can_export=True)
    browser = story.site.signed_in(user)
    address = story.export(browser)
    browser.post(f"{address}/prepare")

    def lose() -> None:
        with story.site.context(), write() as session:
            session.merge(user).can_export = False

    stop_after(monkeypatch, lose)
    story.site.deliver()
    file = story.file(address)
    assert (file.state, file.key, story.objects()) == ("gone", None, [])
    assert "Your export is ready" not in story.mails_of_exports(user)


@on_one
def test_a_job_without_its_export_does_nothing(story: Story) -> None:
    address = story.export()
    story.browser.post(f"{address}/prepare")
    with story.site.context(), write() as session:
        session.execute(delete(ExportFile))
        session.execute(delete(Export))
    story.site.deliver()
    assert story.objects() == []


@on_one
def test_cancelled_and_asked_for_anew_a_file_is_written_by_the_later_job_only(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = story.export()
    begun: list[str] = []
    monkeypatch.setattr(stored_room, "check_disk", lambda *_: begun.append(address))
    for path in ("prepare", "remove-file", "prepare"):
        story.browser.post(f"{address}/{path}")
    with story.site.context():
        first, second = db.session.scalars(select(Job.id).where(Job.kind == "export.write").order_by(Job.id))
        jobs.run(first)
        assert begun == []
        jobs.run(second)
        assert begun
    assert story.file(address).state == "ready"
