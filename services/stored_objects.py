"""Names of what this site keeps in storage, by which the cleaning knows what is its own.

A folder or bucket may hold what others put there, even another site like this one. So a name holds the account's public
id, and nothing is ever removed that names no account of this database.
"""

import logging
import re
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import exists, select

from extensions import db
from models.account import Account
from services import storage
from services.clock import now

_log = logging.getLogger(__name__)

#: Younger ones are left alone: they may be in the making.
_STRAY = timedelta(days=1)
_ID = "[A-Za-z0-9_-]{22}"
#: An object; or, with a point in front and more behind, what a folder holds of one that was never finished.
_OURS = re.compile(rf"(?P<folder>[a-z]+)/(?P<name>(?P<account>{_ID})\.{_ID})")
_UNFINISHED = re.compile(rf"(?P<folder>[a-z]+)/\.(?P<name>(?P<account>{_ID})\.{_ID})\.[0-9a-f]{{16}}")


def name_of(folder: str, account: Account, public_id: str) -> str:
    return f"{folder}/{account.public_id}.{public_id}"


def remove_strays(folder: str, is_needed: Callable[[str], bool]) -> int:
    """Remove our objects that are a day old and not needed; ``is_needed`` is asked with the name of each.

    One that cannot be removed holds up no other. Raises OSError where the folder cannot be listed.
    """
    removed = 0
    accounts: dict[str, bool] = {}
    store = storage.store()
    for name, written in store.names(folder):
        found = _OURS.fullmatch(name) or _UNFINISHED.fullmatch(name)
        if found is None or now() - written <= _STRAY:
            continue
        account = found["account"]
        if account not in accounts:
            accounts[account] = bool(db.session.scalar(select(exists().where(Account.public_id == account))))
        if not accounts[account] or is_needed(f"{found['folder']}/{found['name']}"):
            continue
        try:
            store.delete(name)
        except OSError as fault:
            _log.warning("an object could not be removed (%s); the next cleaning tries again", fault)
        else:
            removed += 1
    return removed
