"""Between a file and its import: somebody says where each column goes, or throws the file away."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import db
from models.account import Account
from models.contact_import import CHOOSING, ContactImport
from services.contacts import fields
from services.imports import first_look, intake, mapping
from services.imports.first_look import Look
from services.imports.sniffing import HEAD
from services.jobs import enqueue
from services.unit_of_work import after_commit, write

#: How long a file waits for it.
KEEP = timedelta(days=1)


class Unclear(ValueError):
    """Not one column of addresses, or two columns into one place."""


def look_at(found: ContactImport, account: Account) -> Look:
    """The first rows of a file that waits. Raises FileNotFoundError."""
    return first_look.choosable(intake.head_of(found, account))


def about_rows(found: ContactImport, look: Look) -> tuple[int, bool]:
    """(how many rows the file has, whether that is counted); judged by its beginning where it is long."""
    if found.size <= HEAD // 4:  # whole in what was looked at, in whatever encoding
        return look.count, True
    rows = look.count * found.size // min(found.size, HEAD)
    digits = 10 ** max(0, len(str(rows)) - 2)
    return rows // digits * digits, False


def start(found: ContactImport, account: Account, look: Look, targets: Sequence[str]) -> bool:
    """Import it, each column to its target. False when it was started or thrown away meanwhile.

    Raises Unclear, fields.TooManyFields.
    """
    used = [target for target in targets if target]
    if len(targets) != len(look.targets) or len(set(used)) != len(used) or mapping.EMAIL not in used:
        raise Unclear
    data = {target.removeprefix(mapping.DATA) for target in used if target.startswith(mapping.DATA)}
    if len(data | set(fields.names(account))) > fields.MAX_FIELDS:
        raise fields.TooManyFields
    with write() as session:
        if not _still_waits(found):
            return False
        found.columns, found.state = look.columns(list(targets)), "waiting"
        session.flush()
        enqueue(intake.JOB, import_id=found.id)
    return True


def throw_away(found: ContactImport, account: Account) -> bool:
    """The file, and that it was here. False when it was started or thrown away meanwhile."""
    with write() as session:
        if not _still_waits(found):
            return False
        public_id = found.public_id
        session.delete(found)
        after_commit(lambda: intake.discard(account, public_id))
    return True


def clean(moment: datetime) -> int:
    """Throw away what nobody started within a day; returns how many."""
    waiting = select(ContactImport).where(
        ContactImport.state == CHOOSING, ContactImport.created_at < moment - KEEP
    )
    return sum(
        throw_away(found, db.session.get_one(Account, found.account_id))
        for found in db.session.scalars(waiting).all()
    )


def _still_waits(found: ContactImport) -> bool:
    """Asked inside write(): nobody else decides until it ends."""
    kept = db.session.get(ContactImport, found.id, populate_existing=True, with_for_update=True)
    return kept is not None and kept.state == CHOOSING
