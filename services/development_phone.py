"""What the outbox files hold, as the development phone shows it: the newest texts, calls and mails."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from extensions import db
from models.user import User

#: No more than the end of a file is read (bytes): it only grows.
_END = 1024 * 1024
_SHOWN = 100
_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


@dataclass(frozen=True)
class Text:
    at: datetime
    to: str
    sender: str
    text: str
    purpose: str
    #: ``text`` was spoken by a call.
    called: bool = False


@dataclass(frozen=True)
class Mail:
    at: datetime
    to: str
    subject: str
    #: (text, address): the mail in order, where ``address`` is set for a link and "" for what stands between.
    parts: list[tuple[str, str]]


def texts(outbox: Path, voice_outbox: Path, number: str = "") -> list[Text]:
    """Texts and calls, newest first, at most 100; of one number if it is given."""
    found = [
        Text(at, line["to"], line["from"], line[words], line["purpose"], called=words == "words")
        for path, words in ((outbox, "text"), (voice_outbox, "words"))
        for at, line in _lines(path, "to", "from", words, "purpose")
        if number in ("", line["to"])
    ]
    found.sort(key=lambda text: text.at)  # of one moment: as the file has them
    return found[::-1][:_SHOWN]


def mails(outbox: Path, address: str = "") -> list[Mail]:
    """Newest first, at most 100; to one address if it is given."""
    found = [
        Mail(at, line["to"], line["subject"], list(_parts(line["text"])))
        for at, line in _lines(outbox, "to", "subject", "text")
        if address in ("", line["to"])
    ]
    return found[::-1][:_SHOWN]


def phones(*outboxes: Path) -> dict[str, str]:
    """Every number that was texted or called lately, and whose it is ("" when it is nobody's)."""
    numbers = {line["to"] for outbox in outboxes for _, line in _lines(outbox, "to")}
    owners = db.session.execute(
        select(User.mobile_number, User.name).where(
            User.mobile_number.in_(numbers), User.removed_at.is_(None)
        )
    )
    return dict.fromkeys(sorted(numbers), "") | {str(row.mobile_number): row.name for row in owners}


def mailboxes(outbox: Path) -> list[str]:
    """Every address that was written to lately."""
    return sorted({line["to"] for _, line in _lines(outbox, "to")})


def _parts(text: str) -> list[tuple[str, str]]:
    parts, end = [], 0
    for match in _ADDRESS.finditer(text):
        parts += [(text[end : match.start()], ""), (match[0], match[0])]
        end = match.end()
    return [*parts, (text[end:], "")]


def _lines(path: Path, *needed: str) -> list[tuple[datetime, dict[str, str]]]:
    """The last lines of a file of JSON lines, oldest first; whatever is not whole is left out."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _END))
            end = file.read()
    except FileNotFoundError:
        return []
    found = []
    for line in end.splitlines():
        try:
            record = json.loads(line)
            at = datetime.fromisoformat(record["at"])
        except (ValueError, KeyError, TypeError):
            continue
        if all(isinstance(record.get(name), str) for name in needed):
            found.append((at, record))
    return found
