"""Room for prepared files: what those of an account may take up together, and what the disk has left."""

import errno

from sqlalchemy import func, select

from config import settings
from extensions import db
from models.account import Account
from models.export import Export, ExportFile
from services import storage
from services.exports import fixing
from services.language import N_
from services.language import gettext as _

MIB = 1024 * 1024
NO_ROOM = N_("the site's disk has no room for it")
TOO_LARGE = N_("with it, the account's prepared files would take up more room than it has")
#: Bytes of one value of a contact, quotes and comma included: some 150 in the 13 columns that every account has.
_VALUE = 12
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class NoRoom(Exception):
    """``str()`` completes "nothing of the file is left: "."""


def estimate(export: Export) -> int:
    """About how many bytes its file will have."""
    return fixing.rows_now(export) * len(export.columns) * _VALUE


def refusal(export: Export, taken: int) -> str:
    """What to tell the person where the account has no room for one more file; "" where it has."""
    needed, most = estimate(export), settings().export_stored_max_mib
    if taken + needed <= most * MIB:
        return ""
    return _(
        "The prepared files of this account may take up %(most)s MiB. This one would need about %(needed)s MiB,"
        " and the others take up %(taken)s MiB. Remove one first, or export fewer columns.",
        most=most,
        needed=_mib(needed),
        taken=_mib(taken),
    )


def allowed(account: Account, export: Export) -> int:
    """How many bytes the account's other files leave to this one."""
    others = select(func.coalesce(func.sum(ExportFile.bytes), 0)).where(
        ExportFile.account_id == account.id,
        ExportFile.state == "ready",
        ExportFile.export_id != export.id,
    )
    return settings().export_stored_max_mib * MIB - int(db.session.scalars(others).one() or 0)


def check_size(size: int, most: int) -> None:
    """For what is being written: an estimate is none. Raises NoRoom."""
    if size > most:
        raise NoRoom(TOO_LARGE)


def check_disk(needed: int = 0) -> None:
    """Raises NoRoom."""
    room = storage.room()
    if room is not None and room < needed:
        raise NoRoom(NO_ROOM)


def is_full(fault: OSError) -> bool:
    return fault.errno in _FULL


def _mib(size: int) -> int:
    return -(-size // MIB)
