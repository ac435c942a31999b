"""Development gateways: what would be sent is appended to a file, one JSON object a line.

One line is one message. The file is locked while the message's id is looked for and its line is written, so
that a worker that died between sending and noting it, and sends again, adds nothing: the development phone
shows a text once, as the real one would. Lines are ASCII (other characters as ``\\uXXXX``), so no reader can
break one in two.
"""

import errno
import fcntl
import html
import json
import os
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from services.clock import now
from services.gateways import Accepted, Answer, OutgoingCall, OutgoingMail, OutgoingSms, Retry, Unknown


class OutboxSmsGateway:
    """Appends ``{"id","at","to","from","text","purpose"}``."""

    name = "outbox"
    idempotent = True

    def __init__(self, path: Path, sender: str) -> None:
        self._file = _JsonLines(path)
        self._sender = sender

    def send(self, sms: OutgoingSms) -> Answer:
        sender = sms.sender or self._sender
        answer = self._file.append(
            {
                "id": sms.message_id,
                "at": _timestamp(),
                "to": sms.to,
                "from": sender,
                "text": sms.text,
                "purpose": sms.purpose,
            }
        )
        return replace(answer, gateway=self.name, sender=sender)


class OutboxVoiceGateway:
    """Appends ``{"id","at","to","from","words","purpose"}``: ``words`` as they are heard, without their marks."""

    name = "outbox"
    idempotent = True

    def __init__(self, path: Path, caller: str) -> None:
        self._file = _JsonLines(path)
        self._caller = caller

    def call(self, call: OutgoingCall) -> Answer:
        answer = self._file.append(
            {
                "id": call.message_id,
                "at": _timestamp(),
                "to": call.to,
                "from": self._caller,
                "words": _heard(call.words),
                "purpose": call.purpose,
            }
        )
        return replace(answer, gateway=self.name, sender=self._caller)


class OutboxMailGateway:
    """Appends ``{"id","at","to","subject","text"}``, and ``"html"`` where there is one."""

    name = "outbox"
    idempotent = True

    def __init__(self, path: Path) -> None:
        self._file = _JsonLines(path)

    def send(self, mail: OutgoingMail) -> Answer:
        return self._file.append(
            {
                "id": mail.message_id,
                "at": _timestamp(),
                "to": mail.to,
                "subject": mail.subject,
                "text": mail.text,
                **({} if mail.html is None else {"html": mail.html}),
            }
        )


class _JsonLines:
    """A file of JSON lines in which each id stands once. Safe between threads and between processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Beside the lock on the file: while it is being replaced, two threads could each lock another file.
        self._thread_lock = threading.Lock()
        # What this process has already read, so that each line is parsed once however long the file grows.
        self._inode = -1
        self._read_to = 0
        self._ids: set[str] = set()

    def append(self, record: dict[str, str]) -> Answer:
        try:
            with self._thread_lock, self._open() as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if record["id"] in self._known_ids(file):
                    return Accepted(record["id"])
                return self._write(file, record)
        except OSError as error:
            return Retry(f"outbox file: {_errno_name(error)}")

    def _open(self) -> BinaryIO:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Codes are in it: for the owner of the process only.
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return os.fdopen(descriptor, "r+b", buffering=0)

    def _known_ids(self, file: BinaryIO) -> set[str]:
        status = os.fstat(file.fileno())
        if status.st_ino != self._inode or status.st_size < self._read_to:
            self._inode, self._read_to, self._ids = status.st_ino, 0, set()  # emptied or replaced by somebody
        fresh = os.pread(file.fileno(), status.st_size - self._read_to, self._read_to)
        whole_lines = fresh[: fresh.rfind(b"\n") + 1]
        self._read_to += len(whole_lines)
        self._ids.update(filter(None, map(_id_of, whole_lines.splitlines())))
        return self._ids

    def _write(self, file: BinaryIO, record: dict[str, str]) -> Answer:
        descriptor = file.fileno()
        end = os.fstat(descriptor).st_size
        # A torn last line (the machine went down while writing) is closed first, so that it spoils only
        # itself.
        torn = b"\n" if end > self._read_to else b""
        line = torn + json.dumps(record).encode("ascii") + b"\n"
        try:
            if os.write(descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, "short write")
        except OSError:
            os.ftruncate(descriptor, end)
            raise
        try:
            os.fsync(descriptor)
        except OSError as error:
            return Unknown(f"outbox file: {_errno_name(error)}")
        return Accepted(record["id"])


def _id_of(line: bytes) -> str | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    found = record.get("id") if isinstance(record, dict) else None
    return found if isinstance(found, str) else None


def _heard(words: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", words)).split())


def _timestamp() -> str:
    return now().isoformat(timespec="milliseconds")


def _errno_name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "error")
