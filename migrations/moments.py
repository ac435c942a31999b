"""Changes of a table that everybody reads: they need it for a moment, and must not make others wait for that moment.

PostgreSQL lets nobody read a table while it waits to change it. So a change gives up after a few seconds, lets
everybody pass, and tries again: until an export that reads for minutes has ended.
"""

import logging
import time

from alembic import op
from sqlalchemy.exc import OperationalError

#: Seconds for which others wait with us, seconds in which they pass, and how often we try.
PATIENCE = 2
PAUSE = 8
TRIES = 90

_NOT_AVAILABLE = "55P03"
_log = logging.getLogger(__name__)


def in_a_moment(table: str, *statements: str) -> None:
    """Run ``statements`` in one transaction of their own, inside an autocommit block."""
    lines = "; ".join((f"SET LOCAL lock_timeout = '{PATIENCE}s'", *statements))
    for _ in range(TRIES):
        try:
            op.execute(f"DO $moment$ BEGIN {lines}; END $moment$")
            return
        except OperationalError as fault:
            if getattr(fault.orig, "sqlstate", "") != _NOT_AVAILABLE:
                raise
            _log.warning("%s is in use by something that takes long; trying again in %d s", table, PAUSE)
            time.sleep(PAUSE)
    raise RuntimeError(
        f"{table} is in use by something that does not end (an export, an import, a backup). "
        "Nothing is lost: run flask db upgrade again when it has ended."
    )
