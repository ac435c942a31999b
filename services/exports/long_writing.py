"""The worker's side of a long export: one snapshot of the database, written encrypted to storage.

A worker that is killed leaves a part that never appeared. The next one begins anew, with another name and key, since a
snapshot cannot be taken up again; whatever the first one still did, only the name in the row counts.
"""

import base64
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Update, exists, select, update

from extensions import db
from models.account import Account
from models.export import Export, ExportFile
from models.job import Job
from models.types import new_public_id
from models.user import User
from services import accounts, audit, notices, seal, storage, stored_objects
from services.audit import Event
from services.clock import now
from services.exports import fixing, long, replica, stored_cipher, stored_room
from services.exports.streams import Tally, chunks
from services.jobs import Lease, LeaseLost, enqueue
from services.language import N_
from services.unit_of_work import changed, write

#: Seconds between two looks at whether the file is still wanted, each with the rows so far.
_TELL_EVERY = 1.0
#: When another file of the account is being written.
_LOOK_AGAIN = timedelta(seconds=5)


class _Unwanted(Exception):
    """Cancelled, ended, or in other hands."""


@dataclass(frozen=True)
class _Writing:
    export: Export
    name: str
    key: bytes
    #: Bytes that the account has left for it.
    most: int


@dataclass(frozen=True)
class _Written:
    rows: int
    size: int
    sha256: str


def run_write(job: Job, lease: Lease) -> None:
    """Write the file of ``job`` from its beginning, and tell its person."""
    writing = _begin(job, lease)
    if writing is None:
        return
    try:
        written = _write(writing, lease)
        _finish(writing, written, lease)
    except _Unwanted:
        storage.store().delete(writing.name)
    except stored_room.NoRoom as refusal:
        _refuse(writing, str(refusal), lease)
    except LeaseLost:
        # Its row names another object by now, or will. (After any other fault this one may be what the row promises.)
        storage.store().delete(writing.name)
        raise


def _refuse(writing: _Writing, why: str, lease: Lease) -> None:
    """There is no room, and there will be none in a minute: said at once, in place of five tries."""
    with write() as session:
        lease.renew()
        account = accounts.lock(session.get_one(Account, writing.export.account_id))
        file = session.get_one(ExportFile, writing.export.id, populate_existing=True, with_for_update=True)
        if file.state == "writing" and file.name == writing.name:
            _end_failed(file, account, why)
    storage.store().delete(writing.name)


def given_up(job: Job, _: str) -> None:
    """The worker failed too often: say so to the person. Inside write()."""
    file = db.session.get(ExportFile, job.params["export"], populate_existing=True, with_for_update=True)
    if file is None or file.state not in long.UNDER_WAY or not _is_asked_by(job, file):
        return
    _end_failed(file, db.session.get_one(Account, file.account_id), N_("it could not be written"))


def _end_failed(file: ExportFile, account: Account, why: str) -> None:
    export = db.session.get_one(Export, file.export_id)
    long.end(export, file, account, "failed", why)
    notices.export_prepared(db.session.get_one(User, export.user_id), export, ready=False)


def _begin(job: Job, lease: Lease) -> _Writing | None:
    """Take the file into our hands. None when there is nothing to do, or not yet."""
    found = db.session.get(ExportFile, job.params["export"], populate_existing=True)
    if found is None:
        return None
    old = found.name
    with write() as session:
        lease.renew()
        # Two files of one account come one after the other.
        account = accounts.lock(session.get_one(Account, found.account_id))
        file = session.get_one(ExportFile, found.export_id, populate_existing=True, with_for_update=True)
        if file.state not in long.UNDER_WAY or not _is_asked_by(job, file):
            return None
        export = session.get_one(Export, file.export_id, populate_existing=True)
        if over := _over(export, account):
            long.end(export, file, account, "gone", over)
            return None
        if file.state == "waiting" and session.scalar(
            select(
                exists().where(
                    ExportFile.account_id == account.id,
                    ExportFile.state == "writing",
                    ExportFile.export_id != file.export_id,
                )
            )
        ):
            enqueue(long.JOB, due_at=now() + _LOOK_AGAIN, export=export.id, asked=file.asked_at.isoformat())
            return None
        key = stored_cipher.new_key()
        file.state, file.rows_done = "writing", 0
        file.name = stored_objects.name_of(long.FOLDER, account, new_public_id())
        file.key = seal.seal({"key": [base64.b64encode(key).decode()]}, seal.EXPORT_KEY)
        name, most = file.name, stored_room.allowed(account, export)
    if old is not None:
        storage.store().delete(old)
    return _Writing(export, name, key, most)


def _is_asked_by(job: Job, file: ExportFile) -> bool:
    """Cancelled and asked for anew, a file has two jobs: the later one writes it. (Jobs of before tell no time.)"""
    asked = job.params.get("asked")
    return asked is None or asked == file.asked_at.isoformat()


def _over(export: Export, account: Account) -> str:
    """Why nobody may have the file any more; "" while somebody may."""
    user = accounts.lock_member(account, db.session.get_one(User, export.user_id))
    if user is None or not user.may_export:
        return long.RIGHT_LOST
    return long.TIME_OVER if fixing.is_over(export) else ""


def _write(writing: _Writing, lease: Lease) -> _Written:
    stored_room.check_disk(stored_room.estimate(writing.export))
    try:
        return _write_all(writing, lease)
    except OSError as fault:
        if stored_room.is_full(fault):
            raise stored_room.NoRoom(stored_room.NO_ROOM) from fault
        raise


def _write_all(writing: _Writing, lease: Lease) -> _Written:
    tally, digest = Tally(), hashlib.sha256()
    with storage.store().writing(writing.name) as sink:
        sealed = stored_cipher.Writer(sink, writing.key, stored_cipher.about(writing.export.public_id))
        for chunk in _watched(writing, tally, lease):
            digest.update(chunk)
            sealed.write(chunk)
            stored_room.check_size(sealed.size, writing.most)
        sealed.finish()
        _tell(writing, tally.rows, lease)  # what nobody wants any more does not appear
    return _Written(tally.rows, sealed.size, digest.hexdigest())


def _watched(writing: _Writing, tally: Tally, lease: Lease) -> Iterator[bytes]:
    """The file's bytes, for as long as they are wanted."""
    told = time.monotonic()
    source = chunks(replica.engine(), writing.export, tally)
    try:
        for chunk in source:
            if time.monotonic() - told >= _TELL_EVERY:
                _tell(writing, tally.rows, lease)
                stored_room.check_disk()
                told = time.monotonic()
            yield chunk
    finally:
        source.close()  # type: ignore[attr-defined]  # generators have it


def _tell(writing: _Writing, rows: int, lease: Lease) -> None:
    with write():
        lease.renew()
        if not changed(_ours(writing).values(rows_done=rows)):
            raise _Unwanted


def _finish(writing: _Writing, written: _Written, lease: Lease) -> None:
    with write() as session:
        lease.renew()
        account = accounts.lock(session.get_one(Account, writing.export.account_id))
        done = _ours(writing).values(
            state="ready", rows_done=written.rows, rows=written.rows, bytes=written.size,
            sha256=written.sha256, finished_at=now(),
        )  # fmt: skip
        if not changed(done):
            raise _Unwanted
        export = session.get_one(Export, writing.export.id, populate_existing=True)
        user = session.get_one(User, export.user_id)
        audit.record(
            Event.EXPORT_FILE_READY, account=account, actor=user, rows=written.rows, list=export.list_name,
            export=export.public_id, sha256=written.sha256,
        )  # fmt: skip
        if over := _over(export, account):
            file = session.get_one(ExportFile, export.id, populate_existing=True)
            long.end(export, file, account, "gone", over)
            return
        notices.export_prepared(user, export, ready=True)


def _ours(writing: _Writing) -> Update:
    return update(ExportFile).where(
        ExportFile.export_id == writing.export.id,
        ExportFile.state == "writing",
        ExportFile.name == writing.name,
    )
