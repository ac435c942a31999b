"""A download: on record before its first byte and at its end, however that comes.

The row of a download is committed before anything leaves. Its end (complete or partial, rows, SHA-256) is written
together with the audit event and the owner's mail, before the last byte is followed by an end of file. A process that
dies in between is found out by the job that start() leaves behind.
"""

import hashlib
import logging
import sqlite3
from typing import IO

import psycopg
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import DBAPIError

from extensions import db
from models.account import Account
from models.export import Export, ExportDownload
from models.job import Job
from models.user import User
from services import audit, limits, notices
from services.audit import Event
from services.clock import now
from services.exports import fixing, replica, rights, spool
from services.exports.places import NoPlace, Place, Places
from services.exports.pulse import ALIVE, Context, Pulse, left_behind, look_again
from services.exports.streams import BrokenStream, Tally, chunks
from services.jobs import Lease
from services.origin import current_origin
from services.sessions import SignedIn
from services.unit_of_work import changed, write

_log = logging.getLogger(__name__)

#: What a code must have been entered for; the scope is the export's public id.
ACTION = "contacts.export"

#: Downloads at once of one account.
AT_ONCE = 3
#: Downloads at once of one web process: each holds a thread, and pages must still be served. One account's: half.
AT_ONCE_HERE = 6
RETRY_AFTER = 30

_SETTLE = "export.settle"

_DATABASE_FAULTS = (BrokenStream, DBAPIError, psycopg.Error, sqlite3.Error)

_places = Places(AT_ONCE_HERE)


class TooManyDownloads(Exception):
    """As many downloads of the account as may run are running. ``retry_after``: seconds."""

    retry_after = RETRY_AFTER
    of_account = True


class TooManyHere(TooManyDownloads):
    """As many downloads as this web process takes are running, of whichever account."""

    of_account = False


class ExportUnavailable(Exception):
    """The database did not give the first rows; nothing was sent."""


class ExportOver(Exception):
    """Its time is over, or its list is gone."""


class Download:
    """An iterator over the bytes of a file, for the web server to send. ``close()`` when the reader has left.

    ``length``: bytes of the whole file where they are known beforehand, else None. Whatever goes wrong is raised, so
    that a server can break off: a short file must never look whole.
    """

    def __init__(
        self, download_id: int, export: Export, engine: Engine, context: Context, place: Place
    ) -> None:
        self.length: int | None = None
        self.place = place
        self._download_id = download_id
        self._pulse = Pulse(download_id, context)
        self._tally = Tally()
        self._source = chunks(engine, export, self._tally)
        self._file: IO[bytes] | None = None
        self._first: bytes | None = None
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._ended = False

    def __iter__(self) -> "Download":
        return self

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        self._keep_pace()
        chunk, self._first = self._first, None
        if chunk is None:
            chunk = self._read()
        if chunk is None:
            self._end("complete")
            raise StopIteration
        self._digest.update(chunk)
        self._bytes += len(chunk)
        self._pulse.beat()
        self.place.handed(len(chunk))
        return chunk

    def close(self) -> None:
        """The reader has left, or has everything. Ends the query; may be called more than once."""
        if not self._ended:
            self._give_up()

    def prime(self) -> None:
        """Fetch the first piece, so that a fault at the start is an honest error page."""
        self._first = self._read()

    def spool(self) -> None:
        """Write the whole file to the disk first, so that its length is known."""
        self._file = file = spool.new_file()
        while (chunk := self._first or self._read()) is not None:
            self._first = None
            file.write(chunk)
            self._pulse.beat()
        self.length = file.tell()
        self._source = spool.blocks(file)

    def _keep_pace(self) -> None:
        try:
            self.place.asked()
        except BaseException:
            self._give_up()
            raise

    def _read(self) -> bytes | None:
        try:
            return next(self._source, None)
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        try:
            self._source.close()  # type: ignore[attr-defined]  # generators have it
            self._end("partial")
        except Exception:
            # The job left by start() will record it.
            _log.exception("the end of download %d could not be recorded", self._download_id)
        finally:
            self._release()

    def _end(self, state: str) -> None:
        with self._pulse.recording():
            finish(
                self._download_id,
                state,
                rows=self._tally.rows,
                size=self._bytes,
                sha256=self._digest.hexdigest(),
            )
        self._release()

    def _release(self) -> None:
        if not self._ended:
            self._ended = True
            self.place.leave()
            if self._file is not None:
                self._file.close()


def start(export: Export, me: SignedIn, *, wording: str, context: Context, spooled: bool) -> Download:
    """Begin a download of ``export`` and put it on record, once every right and code was judged again.

    ``wording`` names it in a text, should a code be missing. ``context``: opens an application context, for what is
    written after the request. ``spooled``: the file is written whole before it is sent, where the connection has no
    means of telling that a stream broke off. Raises TooManyDownloads, ExportOver, ExportUnavailable,
    rights.NotAllowed, rights.SessionOver, step_up.StepUpFirst, limits.LimitExceeded.
    """
    place = take_place(me.account)
    try:
        row = _on_record(export, me, wording)
        download = Download(row.id, export, replica.engine(), context, place)
    except BaseException:
        place.leave()
        raise
    try:
        download.prime()
        if spooled:
            download.spool()
    except BaseException as fault:
        download.close()
        if isinstance(fault, _DATABASE_FAULTS):
            raise ExportUnavailable from fault
        raise
    return download


def take_place(account: Account) -> Place:
    """In this web process. ``leave()`` it in the end. Raises TooManyDownloads."""
    try:
        return _places.take(account.id)
    except NoPlace as none:
        raise (TooManyDownloads if none.of_account else TooManyHere) from None


def _on_record(export: Export, me: SignedIn, wording: str) -> ExportDownload:
    moment = now()
    with write() as session:
        # It holds the account's row: two requests come one after the other, and cannot both take the last place.
        rights.judge(me, ACTION, export.public_id, wording)
        held = select(Export).where(Export.id == export.id).with_for_update()
        export = session.scalars(held, execution_options={"populate_existing": True}).one()
        if fixing.is_over(export):
            raise ExportOver
        if running(me.account) >= AT_ONCE:
            raise TooManyDownloads
        limits.hit("exports_user", me.user.id)
        row = ExportDownload(
            account_id=me.account.id, export_id=export.id, user_id=me.user.id, verified=me.two_factor_on,
            started_at=moment, alive_until=moment + ALIVE, **taker(me),
        )  # fmt: skip
        session.add(row)
        session.execute(
            update(Export)
            .where(Export.id == export.id)
            .values(state="running", started_at=moment, finished_at=None, downloads=Export.downloads + 1)
            .execution_options(synchronize_session=False)
        )
        session.flush()
        look_again(_SETTLE, row.id, moment)
    return row


def taker(me: SignedIn) -> dict[str, str]:
    """For the row of a download: in which session, and from where."""
    origin = current_origin()
    return {
        "login_session": me.session.public_id,
        "address": origin.address,
        "user_agent": origin.user_agent,
    }


def running(account: Account) -> int:
    """How many downloads of the account run now; those of a dead process stop counting after a while."""
    return db.session.execute(
        select(func.count()).where(
            ExportDownload.account_id == account.id,
            ExportDownload.finished_at.is_(None),
            ExportDownload.alive_until > now(),
        )
    ).scalar_one()


def finish(download_id: int, state: str, *, rows: int, size: int | None, sha256: str | None) -> None:
    """Record the end of a download, in the log and to the owner, in one transaction. Only the first end counts:

    a reader who stalled for so long that the download was settled may come back and read on.
    """
    with write() as session:
        ended = (
            update(ExportDownload)
            .where(ExportDownload.id == download_id, ExportDownload.finished_at.is_(None))
            .values(finished_at=now(), state=state)
        )
        if not changed(ended):
            return
        row = session.get_one(ExportDownload, download_id, populate_existing=True)
        export = session.get_one(Export, row.export_id, populate_existing=True)
        account = session.get_one(Account, row.account_id)
        user = session.get_one(User, row.user_id)
        export.finished_at, export.state = row.finished_at, state
        export.rows, export.bytes, export.sha256 = rows, size, sha256
        audit.record(
            Event.EXPORT_DOWNLOADED,
            account=account,
            actor=user,
            outcome="success" if state == "complete" else "failure",
            rows=rows,
            list=export.list_name,
            state=state,
            export=export.public_id,
            sha256=sha256 or "",
            verified=row.verified,
        )
        notices.exported(account, user, rows=rows, list_name=export.list_name, state=state)


def run_settle(job: Job, lease: Lease) -> None:
    """Close a download whose process died. How much had left is not known, so all of it is assumed."""
    with write() as session:
        row = left_behind(job, lease)
        if row is None:
            return
        export = session.get_one(Export, row.export_id)
        assumed = max(export.expected_rows, fixing.rows_now(export))
        finish(row.id, "partial", rows=assumed, size=None, sha256=None)
