"""Taking a file in: into storage, looked at, and promised to the worker. No row is read while the person waits."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from config import settings
from models.account import Account
from models.contact import ContactList
from models.contact_import import CHOOSING, ContactImport
from models.types import new_public_id
from models.user import User
from services import limits, storage, stored_objects
from services.clock import now
from services.imports.first_look import choosable
from services.imports.sniffing import HEAD, refuse_other_kinds
from services.jobs import enqueue
from services.unit_of_work import write

JOB = "contacts.import"
_MAX_NAME = 200


def accept(
    stream: IO[bytes],
    file_name: str,
    contact_list: ContactList | None,
    user: User,
    account: Account,
    *,
    choose: bool = False,
) -> ContactImport:
    """Keep the file and enqueue its import; with ``choose`` it waits until somebody says where its columns go.

    Raises sniffing.NotACsv for what is plainly something else, and limits.LimitExceeded.
    """
    limits.check("imports_account", account.id)  # before the file is kept; counted below
    head = stream.read(HEAD)
    refuse_other_kinds(head)
    if choose:
        choosable(head)
    public_id = new_public_id()
    try:
        size = _store(head, stream, account, public_id)
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
                state=CHOOSING if choose else "waiting",
                created_at=now(),
            )
            session.add(found)
            session.flush()
            if not choose:
                enqueue(JOB, import_id=found.id)
    except BaseException:
        discard(account, public_id)
        raise
    return found


#: The folder in which files wait until they are imported, wherever the worker runs.
FOLDER = "imports"


def at_hand(account: Account, public_id: str) -> AbstractContextManager[Path]:
    """The file as one of this machine, inside the block. Raises FileNotFoundError."""
    return storage.store().at_hand(stored_objects.name_of(FOLDER, account, public_id))


def head_of(found: ContactImport, account: Account) -> bytes:
    """The first bytes of the file, however large it is. Raises FileNotFoundError."""
    name = stored_objects.name_of(FOLDER, account, found.public_id)
    return storage.store().read(name, 0, min(found.size, HEAD))


def rewritten_path(public_id: str) -> Path:
    """The same file as UTF-8, where it came in another encoding. Only of this machine: another one makes its own."""
    folder = settings().instance_path / "uploads"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{public_id}.utf8"


def discard(account: Account, public_id: str) -> None:
    """Remove the file: contacts lie in the database only."""
    storage.store().delete(stored_objects.name_of(FOLDER, account, public_id))
    for path in (rewritten_path(public_id), rewritten_path(public_id).with_suffix(".part")):
        path.unlink(missing_ok=True)


class _Counted:
    def __init__(self, sink: storage.Sink) -> None:
        self._sink = sink
        self.size = 0

    def write(self, data: bytes) -> None:
        self._sink.write(data)
        self.size += len(data)


def _store(head: bytes, stream: IO[bytes], account: Account, public_id: str) -> int:
    """It is safe in storage when this ends: the row that promises the import must not outlive its file."""
    with storage.store().writing(stored_objects.name_of(FOLDER, account, public_id)) as sink:
        counted = _Counted(sink)
        counted.write(head)
        shutil.copyfileobj(stream, counted, 1024 * 1024)
    return counted.size


def _plain_name(name: str) -> str:
    """For display: no folders, no control characters."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(ch for ch in base if ch.isprintable())[:_MAX_NAME] or "contacts.csv"
