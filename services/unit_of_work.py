"""One way to write: ``with write():``.

The engine runs in AUTOCOMMIT, so a read costs no transaction. Everything that changes a row happens inside
``write()``, which is one transaction: BEGIN IMMEDIATE on SQLite (so that reading, deciding and writing cannot be
interleaved with another writer), READ COMMITTED on PostgreSQL (where a decision is one conditional statement or holds
a row lock). A flush outside it is a mistake and raises.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import CursorResult, Delete, Update, event
from sqlalchemy.orm import ORMExecuteState, Session

from extensions import db

_log = logging.getLogger(__name__)
_before_commit: list[Callable[[Session], None]] = []
_writers = threading.RLock()
_LONGEST_TURN = 15.0  # seconds


@contextmanager
def write() -> Iterator[Session]:
    """A transaction that commits when the outermost block ends, and rolls back when it raises.

    An inner ``write()`` joins the outer one, so services can call each other.
    """
    session = db.session()
    if session.info.get("writing"):
        yield session
        return
    session.commit()  # gives the connection that reads used back to the pool
    with _turn(session):
        session.info["writing"] = True
        session.info["after_commit"] = []
        try:
            _begin(session)
            yield session
            session.flush()
            for hook in _before_commit:
                hook(session)
            session.commit()
        except BaseException:
            session.rollback()
            session.info.pop("after_commit", None)
            raise
        finally:
            session.info["writing"] = False
            for key in [k for k in session.info if k.startswith("pending_")]:
                del session.info[key]
    for callback in session.info.pop("after_commit"):
        _run(callback)


def changed(statement: Update | Delete, parameters: Mapping[str, Any] | None = None) -> int:
    """Run an UPDATE or DELETE inside write(); returns how many rows it changed. Losing a race shows as 0.

    ``parameters`` are for a statement that is put together once, of a table. Objects in memory are not synchronised:
    what is decided afterwards is read again.
    """
    result = db.session.execute(statement, parameters, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def after_commit(callback: Callable[[], None]) -> None:
    """Run ``callback`` once the surrounding ``write()`` has committed. Its failure is logged and changes nothing."""
    db.session().info["after_commit"].append(callback)


def before_commit(hook: Callable[[Session], None]) -> Callable[[Session], None]:
    """Register a function that is given the session just before every commit (the audit log's last word)."""
    _before_commit.append(hook)
    return hook


def release() -> None:
    """Give the connection that reads used back to the pool, before something that takes its time. Outside write()."""
    db.session.commit()


@contextmanager
def _turn(session: Session) -> Iterator[None]:
    """Writers of one process take turns on SQLite: its own way to wait is to look again after growing pauses.

    With eight writing threads that halves the throughput. Whose turn does not come begins all the same, and is told by
    the database that it is busy.
    """
    took = session.get_bind().dialect.name == "sqlite" and _writers.acquire(timeout=_LONGEST_TURN)
    try:
        yield
    finally:
        if took:
            _writers.release()


def _begin(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
    else:
        session.connection(execution_options={"isolation_level": "READ COMMITTED"})


def _run(callback: Callable[[], None]) -> None:
    try:
        callback()
    except Exception:
        _log.exception("a callback after commit failed")


def _refuse_stray_flush(session: Session, *_: Any) -> None:
    if not session.info.get("writing") and (session.new or session.dirty or session.deleted):
        raise RuntimeError("a row was changed outside write()")


def _refuse_stray_statement(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and not state.session.info.get("writing"):
        raise RuntimeError("a statement that writes was run outside write()")


event.listen(db.session, "before_flush", _refuse_stray_flush)
event.listen(db.session, "do_orm_execute", _refuse_stray_statement)
