"""A download that broke off goes on: ranges, and what is put on record of them."""

from collections.abc import Callable

import pytest

from extensions import db
from models import ExportDownload, Job
from services import jobs
from services.exports import stored
from services.unit_of_work import write
from tests.long_exports.conftest import CHUNK, Story, on_one, path_of
from tests.support.rows import changes, snapshot


@on_one
def test_ranges_are_slices_of_the_file(story: Story) -> None:
    address = story.ready()
    whole = story.get(address)
    size, tag = len(whole.data), whole.headers["ETag"]
    assert tag.startswith('"')
    for asked, start, stop in (
        (f"bytes=0-{CHUNK - 1}", 0, CHUNK), (f"bytes={CHUNK - 1}-{CHUNK}", CHUNK - 1, CHUNK + 1),
        ("bytes=150-", 150, size), ("bytes=-7", size - 7, size), (f"bytes=0-{size + 50}", 0, size),
        (f"bytes={size - 1}-{size - 1}", size - 1, size),
        (f"bytes=-{size}", 0, size), (f"bytes=-{size + 1}", 0, size), ("bytes=-999999", 0, size),
    ):  # fmt: skip
        answer = story.get(address, Range=asked, If_Range=tag)
        assert answer.status == 206, asked
        assert answer.data == whole.data[start:stop], asked
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert answer.headers["Content-Length"] == str(stop - start)
        assert answer.headers["ETag"] == tag


@on_one
def test_what_is_no_range_of_this_file_gets_all_of_it(story: Story) -> None:
    address = story.ready()
    for headers in (
        {"Range": "bytes=0-1,5-6"}, {"Range": "lines=0-1"}, {"Range": "bytes=5-2"}, {"Range": "nonsense"},
        {"Range": "bytes=0-1", "If_Range": '"another"'},
        {"Range": "bytes=0-1", "If_Range": "Tue, 24 Nov 2026 10:00:00 GMT"},
    ):  # fmt: skip
        answer = story.get(address, **headers)
        assert answer.status == 200, headers
        assert len(answer.data) == int(answer.headers["Content-Length"]) == story.size(address)


@on_one
def test_a_range_beyond_the_end_is_told_the_size(story: Story) -> None:
    address = story.ready()
    size = story.size(address)
    answer = story.get(address, Range=f"bytes={size}-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert "There is no such part of this file" in answer.words
    assert story.downloads() == []


@on_one
def test_head_tells_the_size_and_starts_nothing(story: Story) -> None:
    address = story.ready()
    before = snapshot(story.site)
    answer = story.browser.head(f"{address}/download")
    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(story.size(address))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert changes(before, snapshot(story.site)) <= {"login_sessions.last_seen_at"}


def test_every_part_is_on_record_and_the_owner_is_told_once(guarded: Story) -> None:
    address = guarded.ready()
    size = guarded.size(address)
    assert size > 400
    for start in range(0, size - 100, 100):
        guarded.get(address, Range=f"bytes={start}-{start + 99}")
    last = (size - 1) // 100 * 100
    page = guarded.browser.get(address)
    assert "Broken off" in page.words
    assert len(guarded.downloads()) == size // 100 if size % 100 else size // 100 - 1
    assert [event["state"] for event in guarded.told("export:downloaded")] == ["begun"]
    guarded.get(address, Range=f"bytes={last}-")
    assert {state for *_, state in guarded.downloads()} == {"complete"}
    assert [event["state"] for event in guarded.told("export:downloaded")] == ["begun", "complete"]
    assert {event["rows"] for event in guarded.told("export:downloaded")} == {8}
    assert guarded.mails_of_exports().count("Contacts were exported") == 1
    assert "Downloaded" in guarded.browser.get(address).words


@on_one
def test_a_new_code_is_told_anew(guarded: Story, time_machine_at: Callable[..., None]) -> None:
    address = guarded.ready()
    guarded.get(address, Range="bytes=0-99")
    time_machine_at(minutes=6)
    assert guarded.site.step_up(guarded.browser, f"{address}/download") == f"{address}/download"
    guarded.get(address, Range="bytes=100-")
    assert [event["state"] for event in guarded.told("export:downloaded")] == ["begun", "begun", "complete"]
    assert guarded.mails_of_exports().count("Contacts were exported") == 2


def test_a_reader_that_leaves_is_recorded_with_what_it_got(story: Story) -> None:
    address = story.ready()
    answer = story.browser.client.get(f"{address}/download", buffered=False)
    pieces = answer.iter_encoded()
    assert len(next(iter(pieces))) == CHUNK
    answer.close()
    size = story.size(address)
    assert story.downloads() == [(0, size, CHUNK, "partial")]
    assert "The last download broke off" in story.browser.get(address).words
    rest = story.get(address, Range=f"bytes={CHUNK}-")
    assert rest.status == 206
    assert [event["state"] for event in story.told("export:downloaded")] == ["begun", "complete"]


@on_one
def test_a_file_that_is_removed_meanwhile_stops_its_downloads(story: Story) -> None:
    address = story.ready()
    answer = story.browser.client.get(f"{address}/download", buffered=False)
    pieces = iter(answer.iter_encoded())
    assert len(next(pieces)) == CHUNK
    story.browser.post(f"{address}/remove-file")
    with pytest.raises(FileNotFoundError):
        list(pieces)
    answer.close()
    first, _, sent, state = story.downloads()[0]
    assert (first, sent, state) == (0, 8 * CHUNK, "partial")  # as many as are fetched at once
    assert "The last download broke off" in story.browser.get(address).words


@on_one
def test_a_request_whose_process_died_is_closed_by_the_worker(
    story: Story, monkeypatch: pytest.MonkeyPatch, time_machine_at: Callable[..., None]
) -> None:
    address = story.ready()
    monkeypatch.setattr(stored, "finish", lambda *_: None)  # as if the process had ended
    story.get(address)
    monkeypatch.undo()
    assert story.downloads()[0][3] == "running"
    time_machine_at(minutes=10)
    story.site.deliver()
    assert story.downloads()[0][2:] == (None, "partial")


@on_one
def test_one_code_approves_so_many_parts_and_no_more(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MOST_PARTS", 2)
    address = story.ready()
    answers = [story.get(address, Range="bytes=0-9") for _ in range(3)]
    assert [answer.status for answer in answers] == [206, 206, 429]
    assert "2 parts of this file were asked for, so nothing more is sent" in answers[-1].words
    assert len(story.downloads()) == 2


@on_one
def test_a_spoilt_file_is_refused_before_a_byte_leaves(story: Story) -> None:
    address = story.ready()
    path = path_of(story, story.file(address).name)
    raw = path.read_bytes()
    for spoilt in (
        raw[:-1],
        raw[: -CHUNK - 16],
        bytes([raw[0] ^ 1]) + raw[1:],
        raw[:-1] + bytes([raw[-1] ^ 1]),
    ):
        path.write_bytes(spoilt)
        answer = story.get(address)
        assert answer.status == 503
        assert "example.org" not in answer.text
    path.unlink()
    assert story.get(address).status == 503
    assert {(sent, state) for *_, sent, state in story.downloads()} == {(0, "partial")}


@on_one
def test_a_file_spoilt_in_the_middle_breaks_the_download_off(story: Story) -> None:
    address = story.ready()
    path = path_of(story, story.file(address).name)
    raw = bytearray(path.read_bytes())
    raw[9 * (CHUNK + 16)] ^= 1  # beyond what is fetched at once
    path.write_bytes(raw)
    with pytest.raises(Exception, match="chunk 9"):
        story.get(address)
    assert story.downloads()[0][2:] == (8 * CHUNK, "partial")


@on_one
def test_settling_is_the_work_of_a_job_and_safe_to_repeat(story: Story) -> None:
    address = story.ready()
    story.get(address)
    with story.site.context(), write() as session:
        for job in session.query(Job).filter(Job.kind == "export.settle_part"):
            job.due_at = job.created_at
    with story.site.context():
        jobs.run_due()
        assert db.session.query(ExportDownload).one().state == "complete"
