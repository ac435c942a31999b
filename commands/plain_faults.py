"""A command that meets a dead or unprepared database says so in a line, not in a stack trace."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, TypeVar

from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from services import readiness

Command = TypeVar("Command", bound=Callable[..., Any])


def fail(reason: object) -> NoReturn:
    """One line for the operator, and status 1."""
    print(reason, file=sys.stderr)
    raise SystemExit(1)


def one_line(option: str, text: str, shortest: int, longest: int) -> str:
    """``text`` with single spaces, or the end of the command when it is shorter, longer or not printable."""
    text = " ".join(text.split())
    if not shortest <= len(text) <= longest or not text.isprintable():
        fail(f"{option}: must be {shortest} to {longest} printable characters")
    return text


def with_database(command: Command) -> Command:
    """Gives the command an application context, and turns a database fault into one line and status 1."""

    @with_appcontext
    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except SQLAlchemyError as fault:
            faults = readiness.database_faults() or [f"database: a query failed ({type(fault).__name__})"]
            fail("\n".join(faults))

    return guarded  # type: ignore[return-value]
