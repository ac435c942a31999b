"""The one statement of every signed-in page, by the shortest way that still gives the rows as the ORM does.

Most of what such a page costs is this read, and most of that is finding out anew what the answer's columns are. So text
and columns are known beforehand, the driver is asked directly, and the objects are put into the session as loaded, in
place of what was there. A fault goes the ORM's way, which knows what to do with it. tests/sessions compares both,
column by column.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Dialect, Engine, PoolProxiedConnection, Table, bindparam, inspect, select
from sqlalchemy.orm import Session, contains_eager
from sqlalchemy.orm.attributes import instance_state, set_committed_value

from extensions import db
from models.account import Account
from models.base import Model
from models.login_session import LoginSession
from models.user import User

_MODELS: tuple[type[Model], ...] = (LoginSession, User, Account)
Sessions = cast(Table, LoginSession.__table__).c
_Settle = Callable[[Any], Any]
_M = TypeVar("_M", bound=Model)


@dataclass(frozen=True)
class _Part:
    """Where the columns of one model stand in the row, and what makes their values what the model says."""

    model: type[Model]
    first: int
    names: tuple[str, ...]
    settled: tuple[tuple[str, _Settle], ...]

    def values(self, row: Any) -> dict[str, Any]:
        found = dict(zip(self.names, row[self.first : self.first + len(self.names)], strict=True))
        for name, settle in self.settled:
            found[name] = settle(found[name])
        return found


@dataclass(frozen=True)
class _Statement:
    text: str
    is_named: bool
    parts: tuple[_Part, ...]


def find(hashed: bytes) -> LoginSession | None:
    """The session's row with its user and account, as they are now; whether it still stands is the caller's to say."""
    session = db.session()
    if session.info.get("writing"):  # the transaction may hold changes of these rows
        return by_orm(hashed)
    engine = db.engine
    statement = _statement(engine.dialect)
    given = {"token": hashed} if statement.is_named else (hashed,)
    try:
        pooled = engine.raw_connection()
    except engine.dialect.loaded_dbapi.Error:
        return by_orm(hashed)
    try:
        row = _asked(engine, pooled, statement, given)
    except engine.dialect.loaded_dbapi.Error as fault:
        pooled.invalidate(fault)
        return by_orm(hashed)
    finally:
        pooled.close()
    if row is None:
        return None
    found, user, account = (part.values(row) for part in statement.parts)
    owner = _put(session, User, user)
    set_committed_value(owner, "account", _put(session, Account, account) if account["id"] else None)
    mine = _put(session, LoginSession, found)
    set_committed_value(mine, "user", owner)
    return mine


def by_orm(hashed: bytes) -> LoginSession | None:
    """The same, as the ORM reads it."""
    return db.session.scalars(_BY_ORM, {"token": hashed}).first()


_BY_ORM = (
    select(LoginSession)
    .join(LoginSession.user)
    .outerjoin(User.account)
    .where(LoginSession.token_hash == bindparam("token"))
    .options(contains_eager(LoginSession.user).contains_eager(User.account))
    .execution_options(populate_existing=True)
)


def _asked(engine: Engine, connection: PoolProxiedConnection, statement: _Statement, given: Any) -> Any:
    cursor = connection.cursor()
    try:
        # Whoever listens to what the database is asked (tests do) hears of this, too.
        for told in engine.dispatch.before_cursor_execute:
            told(connection, cursor, statement.text, given, None, False)
        cursor.execute(statement.text, given)
        return cursor.fetchone()
    finally:
        cursor.close()


@cache
def _statement(dialect: Dialect) -> _Statement:
    tables = [cast(Table, model.__table__) for model in _MODELS]
    sessions, users, accounts = tables
    chosen = (
        select(*(column.label(f"{table.name}_{column.name}") for table in tables for column in table.c))
        .select_from(sessions.join(users, users.c.id == sessions.c.user_id))
        .outerjoin(accounts, accounts.c.id == users.c.account_id)
        .where(Sessions.token_hash == bindparam("token"))
    )
    parts, first = [], 0
    for model, table in zip(_MODELS, tables, strict=True):
        parts.append(_part(model, first, dialect))
        first += len(table.c)
    compiled = chosen.compile(dialect=dialect)
    return _Statement(str(compiled), not compiled.positional, tuple(parts))


def _part(model: type[Model], first: int, dialect: Dialect) -> _Part:
    mapper = inspect(model)
    names = tuple(mapper.get_property_by_column(column).key for column in mapper.local_table.c)
    settlers = [
        (name, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for name, column in zip(names, mapper.local_table.c, strict=True)
    ]
    return _Part(
        model, first, names, tuple((name, settle) for name, settle in settlers if settle is not None)
    )


def _put(session: Session, model: type[_M], values: dict[str, Any]) -> _M:
    """The object of this row in the session, with these values and no others."""
    mapper = inspect(model)
    key = mapper.identity_key_from_primary_key((values["id"],))
    found = session.identity_map.get(key)
    if found is None:
        found = mapper.class_manager.new_instance()
        state = instance_state(found)
        state.key, state.session_id = key, session.hash_key
        state.dict.update(values)
        session.identity_map.add(state)
    else:
        state = instance_state(found)
        state.dict.update(values)
    state._commit_all(state.dict, session.identity_map)
    return cast(_M, found)
