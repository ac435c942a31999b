"""Taking a file in: onto the disk, looked at, and promised to the worker. No row is read while the person waits."""

import os
import shutil
from pathlib import Path
from typing import IO

from config import settings
from models.account import Account
from models.contact import ContactList
from models.contact_import import ContactImport
from models.types import new_public_id
from models.user import User
from services import limits
from services.clock import now
from services.imports.sniffing import HEAD, refuse_other_kinds
from services.jobs import enqueue
from services.unit_of_work import write

_MAX_NAME = 200


def accept(
    stream: IO[bytes], file_name: str, contact_list: ContactList | None, user: User, account: Account
) -> ContactImport:
    """Keep the file and enqueue its import.

    Raises sniffing.NotACsv for what is plainly something else, and limits.LimitExceeded.
    """
    limits.check("imports_account", account.id)  # before the file is kept; counted below
    head = stream.read(HEAD)
    refuse_other_kinds(head)
    public_id = new_public_id()
    path = upload_path(public_id)
    try:
        size = _store(head, stream, path)
        with write() as session:
            limits.hit("imports_account", account.id)
            found = ContactImport(
                public_id=public_id,
                account_id=account.id,
                user_id=user.id,
                list_id=contact_list.id if contact_list else None,
                list_name=contact_list.name if contact_list else "",
                file_name=_plain_name(file_name),
                size=size,
                created_at=now(),
            )
            session.add(found)
            session.flush()
            enqueue("contacts.import", import_id=found.id)
    except BaseException:
        discard(public_id)
        raise
    return found


def upload_path(public_id: str) -> Path:
    """Where a file waits until it is imported."""
    return settings().instance_path / "uploads" / public_id


def rewritten_path(public_id: str) -> Path:
    """The same file as UTF-8, where it came in another encoding."""
    return upload_path(public_id).with_suffix(".utf8")


def discard(public_id: str) -> None:
    """Remove the file: contacts lie in the database only."""
    for path in (
        upload_path(public_id),
        rewritten_path(public_id),
        rewritten_path(public_id).with_suffix(".part"),
    ):
        path.unlink(missing_ok=True)


def _store(head: bytes, stream: IO[bytes], path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(head)
        shutil.copyfileobj(stream, file, 1024 * 1024)
        file.flush()
        os.fsync(file.fileno())  # the row that promises the import must not outlive its file
        return file.tell()


def _plain_name(name: str) -> str:
    """For display: no folders, no control characters."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(ch for ch in base if ch.isprintable())[:_MAX_NAME] or "contacts.csv"
