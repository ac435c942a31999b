"""The development outbox: one line a message, whoever writes and whatever breaks."""

import json
import multiprocessing
import os
import resource
import signal
import stat
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from services.gateways import Accepted, Answer, OutgoingCall, OutgoingMail, OutgoingSms, Retry
from services.gateways.outbox import OutboxMailGateway, OutboxSmsGateway, OutboxVoiceGateway


def text(message_id: str = "m-1", words: str = "804152 is your code.\n\n@localhost #804152") -> OutgoingSms:
    return OutgoingSms(message_id=message_id, to="+447400123456", text=words, ttl=600, purpose="login")


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "instance" / "sms.jsonl"


def test_a_text_is_one_line_with_the_promised_fields(path: Path) -> None:
    assert OutboxSmsGateway(path, "Acme").send(text()) == Accepted("m-1")

    (line,) = lines(path)
    assert list(line) == ["id", "at", "to", "from", "text", "purpose"]
    assert line | {"at": ""} == {
        "id": "m-1",
        "at": "",
        "to": "+447400123456",
        "from": "Acme",
        "text": "804152 is your code.\n\n@localhost #804152",
        "purpose": "login",
    }
    assert datetime.fromisoformat(line["at"]).tzinfo is not None


def test_a_mail_is_one_line_with_the_promised_fields(path: Path) -> None:
    mail = OutgoingMail("m-2", "ana@acme.example", "Subject", "Text", "<p>Text</p>")

    assert OutboxMailGateway(path).send(mail) == Accepted("m-2")

    (line,) = lines(path)
    assert list(line) == ["id", "at", "to", "subject", "text", "html"]
    assert line | {"at": ""} == {
        "id": "m-2",
        "at": "",
        "to": "ana@acme.example",
        "subject": "Subject",
        "text": "Text",
        "html": "<p>Text</p>",
    }


def test_the_file_is_for_its_owner_only(path: Path) -> None:
    OutboxSmsGateway(path, "Acme").send(text())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_character_breaks_a_line_in_two(path: Path) -> None:
    words = "a\nb\r\nc\u2028d\u2029e\x85f\x0b\x0cg\x1eh 番号 🎉 \ud800"

    OutboxSmsGateway(path, "Acme").send(text(words=words))

    (line,) = lines(path)
    assert line["text"] == words


def test_the_same_message_sent_twice_is_one_line(path: Path) -> None:
    first, after_restart = OutboxSmsGateway(path, "Acme"), OutboxSmsGateway(path, "Acme")

    for gateway in (first, first, after_restart):
        assert gateway.send(text("m-1")) == Accepted("m-1")
    after_restart.send(text("m-2"))
    first.send(text("m-2"))

    assert [line["id"] for line in lines(path)] == ["m-1", "m-2"]


def test_a_file_that_was_emptied_or_removed_is_begun_anew(path: Path) -> None:
    gateway = OutboxSmsGateway(path, "Acme")
    gateway.send(text("m-1"))
    path.write_text("")
    gateway.send(text("m-1"))
    assert len(lines(path)) == 1

    path.unlink()
    gateway.send(text("m-1"))
    assert len(lines(path)) == 1


def test_a_line_torn_by_a_crash_spoils_no_other(path: Path) -> None:
    OutboxSmsGateway(path, "Acme").send(text("m-1"))
    with path.open("a") as file:
        file.write('{"id": "m-2", "at": "20')

    gateway = OutboxSmsGateway(path, "Acme")
    assert gateway.send(text("m-2")) == Accepted("m-2")
    assert gateway.send(text("m-2")) == Accepted("m-2")

    first, torn, whole = path.read_text().splitlines()
    assert json.loads(first)["id"] == "m-1"
    assert torn == '{"id": "m-2", "at": "20'
    assert json.loads(whole)["id"] == "m-2"


def test_foreign_lines_are_left_alone(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b'not json\n[]\n{"id": 7}\n\xff\xfe\n\n')

    assert OutboxSmsGateway(path, "Acme").send(text()) == Accepted("m-1")
    assert path.read_bytes().startswith(b'not json\n[]\n{"id": 7}\n\xff\xfe\n\n{"id": "m-1"')


def _send_range(path: Path, start: int, stop: int) -> None:
    gateway = OutboxSmsGateway(path, "Acme")
    for number in range(start, stop):
        gateway.send(text(f"m-{number}", words=f"{number} " * 500))


def test_processes_that_write_at_once_leave_each_message_once_and_whole(path: Path) -> None:
    """Four processes, each range sent by two of them."""
    context = multiprocessing.get_context("spawn")
    ranges = [(0, 50), (0, 50), (50, 100), (25, 75)]
    processes = [context.Process(target=_send_range, args=(path, *span)) for span in ranges]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0

    found = lines(path)
    assert sorted(line["id"] for line in found) == sorted(f"m-{number}" for number in range(100))
    for line in found:
        assert line["text"] == f"{line['id'].removeprefix('m-')} " * 500


def test_threads_share_a_gateway(path: Path) -> None:
    gateway = OutboxSmsGateway(path, "Acme")
    threads = [
        threading.Thread(target=lambda n=n: [gateway.send(text(f"m-{(n * 7 + k) % 40}")) for k in range(20)])
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ids = [line["id"] for line in lines(path)]
    assert len(ids) == len(set(ids)) == 40


def _in_child(act: Callable[[], Answer]) -> str:
    """What ``act`` returns in a forked process whose limits are its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, repr(act()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as result:
        answer = result.read()
    os.waitpid(child, 0)
    return answer


def test_a_full_disk_leaves_no_half_line_and_may_be_tried_again(path: Path) -> None:
    gateway = OutboxSmsGateway(path, "Acme")
    gateway.send(text("m-1"))
    size = path.stat().st_size

    def with_room_for_ten_bytes() -> Answer:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, size + 10))
        return gateway.send(text("m-2"))

    assert _in_child(with_room_for_ten_bytes) == repr(Retry("outbox file: ENOSPC"))
    assert path.stat().st_size == size
    assert gateway.send(text("m-2")) == Accepted("m-2")
    assert [line["id"] for line in lines(path)] == ["m-1", "m-2"]


def test_a_place_that_cannot_be_written_may_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    below_a_file = OutboxSmsGateway(tmp_path / "file" / "folder" / "sms.jsonl", "Acme")

    assert below_a_file.send(text()) == Retry("outbox file: ENOTDIR")
    assert OutboxSmsGateway(tmp_path, "Acme").send(text()) == Retry("outbox file: EISDIR")


def test_a_call_is_one_line_and_its_words_are_as_they_are_heard(tmp_path: Path) -> None:
    gateway = OutboxVoiceGateway(tmp_path / "voice-outbox.jsonl", "+442079460000")
    call = OutgoingCall(
        message_id="c-1",
        to="+447400123456",
        words='This is A &amp; B: <prosody rate="slow">1, <break time="1s"/>2.</prosody>',
        purpose="login",
    )

    assert gateway.call(call) == gateway.call(call) == Accepted("c-1")

    [line] = [json.loads(line) for line in (tmp_path / "voice-outbox.jsonl").read_text().splitlines()]
    assert line.pop("at")
    assert line == {
        "id": "c-1",
        "to": "+447400123456",
        "from": "+442079460000",
        "words": "This is A & B: 1, 2.",
        "purpose": "login",
    }
