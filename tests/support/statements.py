"""What the database is asked meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from extensions import db
from tests.support.site import Site


@contextmanager
def statements(site: Site) -> Iterator[list[str]]:
    """Every SQL statement that runs inside the block, in order, each in one line and without its values."""
    seen: list[str] = []
    with _each(site, lambda statement, _: seen.append(" ".join(statement.split()))):
        yield seen


@contextmanager
def asked(site: Site) -> Iterator[dict[str, Any]]:
    """{SELECT: its values} that runs inside the block, each once."""
    seen: dict[str, Any] = {}

    def note(statement: str, values: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen[statement] = values

    with _each(site, note):
        yield seen


@contextmanager
def _each(site: Site, note: Callable[[str, Any], None]) -> Iterator[None]:
    def listen(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        note(statement, values)

    with site.context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", listen)
