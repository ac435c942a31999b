"""Downloading a file that lies in storage: whole, or a part of it where a download broke off.

Every request is judged and put on record before its first byte, with the bytes that it asked for. The first one after a
code also goes into the log and to the owner, as if the whole file left: the requests that the same code approves in the
same session, from the same address (a browser that goes on, a program that fetches parts at once) can add nothing to
that. From anywhere else they are told anew: the rest of a file may go to somebody who copied the cookie. When all bytes
have left to one place, the log says so.
"""

import base64
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select, update

from config import settings
from extensions import db
from models.account import Account
from models.export import Export, ExportDownload, ExportFile
from models.job import Job
from models.user import User
from services import audit, limits, notices, seal, storage
from services.audit import Event
from services.clock import now
from services.exports import downloads, fixing, rights, stored_cipher
from services.exports.downloads import (
    ACTION,
    AT_ONCE,
    ExportOver,
    ExportUnavailable,
    TooManyDownloads,
)
from services.exports.places import Place
from services.exports.pulse import ALIVE, Context, Pulse, left_behind, look_again
from services.jobs import Lease
from services.sessions import SignedIn
from services.unit_of_work import changed, write

_log = logging.getLogger(__name__)

#: Requests that one code approves: more than any program makes of a file.
MOST_PARTS = 1000
_SETTLE = "export.settle_part"


class TooManyParts(Exception):
    """One code has approved MOST_PARTS requests. Another one is needed."""


@dataclass(frozen=True)
class Part:
    """Bytes ``start`` to ``stop``, which is not among them."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start


class StoredDownload:
    """An iterator over a part of a stored file. ``close()`` when the reader has left, or has it."""

    def __init__(self, row_id: int, pieces: Iterator[bytes], context: Context, place: Place) -> None:
        self.place = place
        self._row_id = row_id
        self._pieces = pieces
        self._pulse = Pulse(row_id, context)
        self._first: bytes | None = next(pieces, b"")
        self._sent = 0
        self._ended = False

    def __iter__(self) -> "StoredDownload":
        return self

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        try:
            self.place.asked()
            piece, self._first = self._first, None
            if piece is None:
                piece = next(self._pieces, b"")
            if piece:
                self._sent += len(piece)
                self._pulse.beat()
                self.place.handed(len(piece))
                return piece
        except BaseException:
            self.close()
            raise
        self.close()
        raise StopIteration

    def close(self) -> None:
        if self._ended:
            return
        self._ended = True
        try:
            with self._pulse.recording():
                finish(self._row_id, self._sent)
        except Exception:
            # The job left by start() will record it.
            _log.exception("the end of download %d could not be recorded", self._row_id)
        finally:
            self.place.leave()


def start(
    export: Export, me: SignedIn, part: Part, *, sha256: str, wording: str, context: Context
) -> StoredDownload:
    """Begin to send ``part`` of the file whose SHA-256 is ``sha256``, once every right and code was judged again.

    Raises what downloads.start() raises, TooManyParts, and ExportOver where the file is not, or is another one.
    """
    place = downloads.take_place(me.account)
    try:
        row, file = _on_record(export, me, part, sha256, wording)
        try:
            return StoredDownload(row.id, _reader(export, file).part(part.start, part.stop), context, place)
        except (OSError, stored_cipher.Tampered) as fault:
            _log.error("the stored export %s cannot be read: %s", export.public_id, fault)
            finish(row.id, 0)
            raise ExportUnavailable from fault
    except BaseException:
        place.leave()
        raise


def _reader(export: Export, file: ExportFile) -> stored_cipher.Reader:
    sealed = seal.unseal(file.key, seal.EXPORT_KEY) if file.key else None
    if sealed is None or file.name is None or file.bytes is None:
        raise ExportOver
    key = base64.b64decode(sealed["key"][0])
    return stored_cipher.Reader(
        storage.store(), file.name, key, stored_cipher.about(export.public_id), file.bytes
    )


def _on_record(
    export: Export, me: SignedIn, part: Part, sha256: str, wording: str
) -> tuple[ExportDownload, ExportFile]:
    moment = now()
    with write() as session:
        # It holds the account's row: requests come one after the other.
        rights.judge(me, ACTION, export.public_id, wording)
        export = session.get_one(Export, export.id, populate_existing=True, with_for_update=True)
        file = session.get(ExportFile, export.id, populate_existing=True, with_for_update=True)
        if fixing.is_over(export) or file is None or file.state != "ready" or file.sha256 != sha256:
            raise ExportOver
        if downloads.running(me.account) >= AT_ONCE:
            raise TooManyDownloads
        grant_at = _grant(export, me, moment)
        taker = downloads.taker(me)
        of_grant = select(func.count()).where(
            ExportDownload.export_id == export.id,
            ExportDownload.user_id == me.user.id,
            ExportDownload.grant_at == grant_at,
        )
        if session.scalars(of_grant).one() >= MOST_PARTS:
            raise TooManyParts
        told = session.scalars(
            of_grant.where(
                ExportDownload.login_session == taker["login_session"],
                ExportDownload.address == taker["address"],
            )
        ).one()
        row = ExportDownload(
            account_id=me.account.id, export_id=export.id, user_id=me.user.id, verified=me.two_factor_on,
            started_at=moment, alive_until=moment + ALIVE, first_byte=part.start, length=part.length,
            grant_at=grant_at, **taker,
        )  # fmt: skip
        session.add(row)
        export.state, export.started_at, export.finished_at = "running", moment, None
        if not told:
            limits.hit("exports_user", me.user.id)
            export.downloads += 1
            _tell(export, file, me.account, me.user, "begun", verified=me.two_factor_on)
            notices.exported(
                me.account, me.user, rows=file.rows or 0, list_name=export.list_name, state="begun"
            )
        session.flush()
        look_again(_SETTLE, row.id, moment)
    return row, file


def _grant(export: Export, me: SignedIn, moment: datetime) -> datetime:
    """When the code was entered in this session; where none is asked for, when this session began to download."""
    verified = me.session.verified_at.get(ACTION, {}).get(export.public_id)
    if me.two_factor_on and verified is not None:
        return datetime.fromisoformat(verified)
    last = db.session.scalar(
        select(func.max(ExportDownload.grant_at)).where(
            ExportDownload.export_id == export.id,
            ExportDownload.login_session == me.session.public_id,
            ExportDownload.grant_at > moment - timedelta(seconds=settings().step_up_lifetime),
        )
    )
    return last or moment


def finish(row_id: int, sent: int | None) -> None:
    """Record the end of one request. ``sent`` None: its process died, and how much had left is not known."""
    with write() as session:
        ended = (
            update(ExportDownload)
            .where(ExportDownload.id == row_id, ExportDownload.finished_at.is_(None))
            .values(finished_at=now(), sent=sent)
        )
        if not changed(ended):
            return
        row = session.get_one(ExportDownload, row_id, populate_existing=True)
        row.state = "complete" if sent == row.length else "partial"
        export = session.get_one(Export, row.export_id, populate_existing=True, with_for_update=True)
        file = session.get_one(ExportFile, row.export_id, populate_existing=True)
        if file.state != "ready" or file.finished_at is None or row.started_at < file.finished_at:
            # The file of this request has ended, or is another one by now: nothing can become whole any more.
            export.state, export.finished_at, export.bytes = "partial", row.finished_at, sent
            export.rows = export.sha256 = None
            return
        others = [one for one in _parts(row, file.finished_at) if one.id != row.id]
        left, before = _covered([*others, row]), _covered(others)
        whole = left == file.bytes
        under_way = session.scalar(
            select(
                exists().where(ExportDownload.export_id == export.id, ExportDownload.finished_at.is_(None))
            )
        )
        export.state = "complete" if whole else "running" if under_way else "partial"
        export.finished_at, export.bytes = row.finished_at, left
        export.rows, export.sha256 = (file.rows, file.sha256) if whole else (None, None)
        if whole and (before != file.bytes or row.sent == file.bytes):
            account, user = session.get_one(Account, row.account_id), session.get_one(User, row.user_id)
            _tell(export, file, account, user, "complete", verified=row.verified)


def _parts(of: ExportDownload, since: datetime) -> list[ExportDownload]:
    """What the same session took from the same address."""
    return list(
        db.session.scalars(
            select(ExportDownload).where(
                ExportDownload.export_id == of.export_id,
                ExportDownload.login_session == of.login_session,
                ExportDownload.address == of.address,
                ExportDownload.first_byte.is_not(None),
                ExportDownload.started_at >= since,
            )
        )
    )


def _covered(rows: list[ExportDownload]) -> int:
    """How many different bytes have left."""
    total = reached = 0
    for first, last in sorted(
        (row.first_byte or 0, (row.first_byte or 0) + row.sent) for row in rows if row.sent
    ):
        total += max(0, last - max(first, reached))
        reached = max(reached, last)
    return total


def _tell(
    export: Export, file: ExportFile, account: Account, user: User, state: str, *, verified: bool
) -> None:
    audit.record(
        Event.EXPORT_DOWNLOADED, account=account, actor=user, rows=file.rows or 0, list=export.list_name,
        state=state, export=export.public_id, sha256=file.sha256 or "", verified=verified,
    )  # fmt: skip


def run_settle(job: Job, lease: Lease) -> None:
    """Close a request whose process died."""
    with write():
        row = left_behind(job, lease)
        if row is not None:
            finish(row.id, None)
