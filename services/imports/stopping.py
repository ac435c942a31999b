"""Stopping an import: somebody asks, and the worker ends it before its next batch. What came in stays."""

from sqlalchemy import update

from models.contact_import import CHOOSING, ContactImport
from models.user import User
from services import audit
from services.audit import Event
from services.clock import now
from services.sessions import SignedIn
from services.unit_of_work import changed, write


class Stopped(Exception):
    """Somebody asked for it: nothing more of the file comes in."""


def may_stop(found: ContactImport, user: User) -> bool:
    """Who brought the file, and the account owner, while it is not at its end."""
    return (
        found.finished_at is None and found.state != CHOOSING and (found.user_id == user.id or user.is_owner)
    )


def ask(found: ContactImport, me: SignedIn) -> bool:
    """Ask once. False when the import has ended meanwhile, or somebody has asked before."""
    # The worker holds the row while it commits a batch or the end: one of the two is first.
    asked = (
        update(ContactImport)
        .where(
            ContactImport.id == found.id,
            ContactImport.finished_at.is_(None),
            ContactImport.stop_asked_at.is_(None),
            ContactImport.state != CHOOSING,
        )
        .values(stop_asked_at=now())
    )
    with write():
        if not changed(asked):
            return False
        audit.record(
            Event.IMPORT_STOPPED,
            account=me.account,
            actor=me.user,
            file=found.file_name,
            rows=found.rows_read,
        )
    return True
