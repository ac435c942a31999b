"""Where the rows of an export are read: on a replica, once it holds all that the primary held at that moment.

Rights, codes and the record of a download stay on the primary. A replica that is down, far behind, promoted, or of
another cluster is not read: the export then comes from the primary, and the log says so (docs/decisions/0019).
"""

import logging
import time
from functools import lru_cache

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import SQLAlchemyError

from config import settings
from extensions import db
from services import database

_log = logging.getLogger(__name__)

#: Seconds that an export waits for a replica that is behind.
PATIENCE = 3.0
_LOOK_EVERY = 0.05

#: As many as one web process may have downloads, and two for the worker's long exports.
_CONNECTIONS = 8
_CONNECT_SECONDS = 3

#: Where a cluster stands in its log. What was committed before is in it up to there.
_PRIMARY = text("SELECT system_identifier AS cluster, pg_current_wal_lsn() AS place FROM pg_control_system()")
_REPLICA = text(
    "SELECT system_identifier AS cluster, pg_is_in_recovery() AS replays,"
    " pg_last_wal_replay_lsn() >= CAST(:place AS pg_lsn) AS there FROM pg_control_system()"
)


class NotUsable(Exception):
    """Why the replica cannot be read now."""


def engine() -> Engine:
    """The engine that an export which is on record by now is read with. It always holds what the record counts."""
    if not settings().export_database_url:
        return db.engine
    try:
        return caught_up()
    except NotUsable as why:
        _log.warning("an export is read from the primary: the replica %s", why)
        return db.engine


def caught_up() -> Engine:
    """The replica's engine, once it has replayed what the primary has written. Raises NotUsable."""
    replica = _replica(settings().export_database_url)
    deadline = time.monotonic() + PATIENCE
    try:
        with db.engine.connect() as primary:
            wanted = primary.execute(_PRIMARY).mappings().one()
        while not _is_there(replica, wanted):
            if time.monotonic() > deadline:
                raise NotUsable(f"was behind for {PATIENCE:.0f} s")
            time.sleep(_LOOK_EVERY)
    except SQLAlchemyError as fault:
        raise NotUsable(f"cannot be asked ({type(fault).__name__})") from fault
    return replica


def _is_there(replica: Engine, wanted: RowMapping) -> bool:
    with replica.connect() as connection:
        found = connection.execute(_REPLICA, {"place": wanted["place"]}).mappings().one()
    if found["cluster"] != wanted["cluster"]:
        raise NotUsable("belongs to another cluster")
    if not found["replays"]:  # a server that was promoted has gone its own way since
        raise NotUsable("is not a replica")
    return bool(found["there"])


def faults() -> list[str]:
    """Why exports do not come from the replica although one is named; empty when they do, or none is."""
    if not settings().export_database_url:
        return []
    try:
        caught_up()
    except NotUsable as why:
        return [f"EXPORT_DATABASE_URL: the replica {why}; exports are read from the primary"]
    return []


@lru_cache(maxsize=1)
def _replica(url: str) -> Engine:
    """Made at the first export, so that no connection is shared between processes."""
    made = create_engine(
        url, isolation_level="AUTOCOMMIT", pool_size=_CONNECTIONS, max_overflow=0, pool_timeout=_CONNECT_SECONDS,
        pool_pre_ping=True, hide_parameters=True, connect_args={"connect_timeout": _CONNECT_SECONDS},
    )  # fmt: skip
    database.set_up(made)
    return made
