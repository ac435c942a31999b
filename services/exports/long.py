"""Long exports: a worker writes the file to storage, and it is downloaded from there.

Writing it gives nothing to anybody, so it asks for no code; it is recorded. The file lies encrypted, and its key lies
in the row here only: whatever ends the file (its days, a cancel, the end of its list or of its person's right) deletes
the key in the transaction that says so. The object itself follows, at once or with the next cleaning.
"""

import logging
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy import update as sql_update

from config import settings
from extensions import db
from models.account import Account
from models.contact import ContactList
from models.export import ALL_CONTACTS, Export, ExportFile
from models.user import Role, User
from services import accounts, audit, limits, storage, stored_objects
from services.audit import Event
from services.clock import now
from services.exports import fixing, rights, stored_room
from services.exports.downloads import ExportOver
from services.jobs import enqueue
from services.language import N_
from services.language import gettext as _
from services.sessions import SignedIn
from services.unit_of_work import after_commit, changed, write

_log = logging.getLogger(__name__)

FOLDER = "exports"
JOB = "export.write"
#: Files of one account that wait or are written, and all that it has, at once.
UNFINISHED = 3
KEPT = 10
UNDER_WAY = ("waiting", "writing")
ALIVE = (*UNDER_WAY, "ready")
TIME_OVER = N_("its time is over, or its list is gone")
RIGHT_LOST = N_("its person may not export any more")


class TooManyFiles(Exception):
    """``str()`` says, to the person, what to wait for or to remove."""


def is_long(export: Export) -> bool:
    return many(export.expected_rows)


def many(rows: int) -> bool:
    """An export of so many is prepared as a file first."""
    return rows > settings().export_long_rows


def file_of(export: Export) -> ExportFile | None:
    return db.session.get(ExportFile, export.id, populate_existing=True)


def files_of(exports: Iterable[Export]) -> dict[int, ExportFile]:
    """By the key of their export."""
    wanted = [export.id for export in exports]
    return {
        file.export_id: file
        for file in db.session.scalars(select(ExportFile).where(ExportFile.export_id.in_(wanted)))
    }


def start(export: Export, me: SignedIn) -> ExportFile:
    """Have the file written. Asked twice, or when it is there already, it is written once.

    Raises rights.NotAllowed, TooManyFiles, ExportOver, limits.LimitExceeded.
    """
    with write() as session:
        account = accounts.lock(me.account)
        user = accounts.lock_member(account, me.user)
        if user is None or not user.may_export or user.id != export.user_id:
            raise rights.NotAllowed
        export = session.get_one(Export, export.id, populate_existing=True, with_for_update=True)
        if fixing.is_over(export):
            raise ExportOver
        file = session.get(ExportFile, export.id, populate_existing=True, with_for_update=True)
        if file is not None and file.state in ALIVE:
            return file
        _check_room(account, export)
        limits.hit("exports_user", user.id)
        if file is None:
            file = ExportFile(export_id=export.id, account_id=account.id)
            session.add(file)
        file.state, file.rows_done, file.asked_at, file.finished_at = "waiting", 0, now(), None
        file.rows = file.bytes = file.sha256 = file.why = None
        session.flush()
        audit.record(
            Event.EXPORT_PREPARED, account=account, actor=user, rows=export.expected_rows,
            list=export.list_name, export=export.public_id,
        )  # fmt: skip
        enqueue(JOB, export=export.id, asked=file.asked_at.isoformat())
    return file


def _check_room(account: Account, export: Export) -> None:
    held = db.session.execute(
        select(ExportFile, Export)
        .join(Export, Export.id == ExportFile.export_id)
        .where(ExportFile.account_id == account.id, ExportFile.state.in_(ALIVE))
    ).all()
    if sum(file.state in UNDER_WAY for file, _ in held) >= UNFINISHED:
        raise TooManyFiles(
            _(
                "%(number)s files of this account wait or are being prepared."
                " Wait until one is ready, or cancel one.",
                number=UNFINISHED,
            )
        )
    if len(held) >= KEPT:
        raise TooManyFiles(_("This account has %(number)s prepared files. Remove one first.", number=KEPT))
    taken = sum(file.bytes or 0 if file.state == "ready" else stored_room.estimate(of) for file, of in held)
    if refusal := stored_room.refusal(export, taken):
        raise TooManyFiles(refusal)


def remove(export: Export, me: SignedIn) -> None:
    """Cancel its writing, or remove the file: by its person, or by the owner. Done already: nothing happens."""
    with write() as session:
        account = accounts.lock(me.account)
        user = accounts.lock_member(account, me.user)
        if user is None or (user.id != export.user_id and not user.is_owner):
            raise rights.NotAllowed
        file = session.get(ExportFile, export.id, populate_existing=True, with_for_update=True)
        if file is not None and file.state in ALIVE:
            how = "removed" if file.state == "ready" else "cancelled"
            end(export, file, account, "cancelled", how, by=user)


def end(
    export: Export, file: ExportFile, account: Account, state: str, why: str, *, by: User | None = None
) -> None:
    """The key dies here. Inside write(), with the file's row held."""
    with write() as session:
        file.state, file.key, file.finished_at, file.why = state, None, now(), why
        session.add(file)
        audit.record(
            Event.EXPORT_FILE_ENDED, account=account, actor=by, actor_label="" if by else "The system",
            list=export.list_name, export=export.public_id, why=why,
        )  # fmt: skip
        after_commit(lambda: _remove_object(file.export_id))


def end_all_of(user: User, account: Account, why: str) -> None:
    """They may not export any more, or are gone. Inside the write() that says so."""
    with write():
        for export_id in _alive(ExportFile.account_id == account.id, Export.user_id == user.id):
            _end_one(export_id, why)


def end_all_on(contact_list: ContactList) -> None:
    """The list goes. Inside the write() that removes it, before it does."""
    with write():
        for export_id in _alive(Export.list_id == contact_list.id):
            _end_one(export_id, TIME_OVER)


def clean() -> int:
    """End every file whose time, list or right is over, and remove objects that nothing needs. How many went."""
    over = or_(
        Export.expires_at <= now(),
        Export.list_id.is_(None) & (Export.list_name != ALL_CONTACTS),
    )
    lost = or_(User.removed_at.is_not(None), (User.role != Role.OWNER) & User.can_export.is_(False))
    ended = 0
    for condition, why in ((over, TIME_OVER), (lost, RIGHT_LOST)):
        for export_id in _alive(condition):
            with write():
                ended += _end_one(export_id, why)
    return ended + _remove_objects()


def _alive(*conditions: ColumnElement[bool]) -> Sequence[int]:
    return db.session.scalars(
        select(ExportFile.export_id)
        .join(Export, Export.id == ExportFile.export_id)
        .join(User, User.id == Export.user_id)
        .where(ExportFile.state.in_(ALIVE), *conditions)
        .order_by(ExportFile.export_id)
    ).all()


def _end_one(export_id: int, why: str) -> bool:
    """Inside write()."""
    session = db.session
    file = session.get(ExportFile, export_id, populate_existing=True, with_for_update=True)
    if file is None or file.state not in ALIVE:
        return False
    export = session.get_one(Export, export_id)
    end(export, file, session.get_one(Account, file.account_id), "gone", why)
    return True


def _remove_objects() -> int:
    """Objects of files that have ended, and those that no row knows: a worker was killed, or storage was away."""
    left = db.session.scalars(
        select(ExportFile.export_id).where(ExportFile.name.is_not(None), ExportFile.state.not_in(ALIVE))
    ).all()
    for export_id in left:
        _remove_object(export_id)
    known = set(db.session.scalars(select(ExportFile.name).where(ExportFile.name.is_not(None))))
    return stored_objects.remove_strays(FOLDER, known.__contains__)


def _remove_object(export_id: int) -> None:
    """Of a file that has ended. Its name stays in the row until the object is gone."""
    name = db.session.scalar(
        select(ExportFile.name).where(ExportFile.export_id == export_id, ExportFile.state.not_in(ALIVE))
    )
    if name is None:
        return
    try:
        storage.store().delete(name)
    except OSError as fault:
        _log.warning("a stored export could not be removed (%s); the next cleaning tries again", fault)
        return
    with write():
        changed(
            sql_update(ExportFile)
            .where(ExportFile.export_id == export_id, ExportFile.name == name, ExportFile.state.not_in(ALIVE))
            .values(name=None)
        )
