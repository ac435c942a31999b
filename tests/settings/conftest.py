"""Helpers for tests of the settings."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import event

from extensions import db
from tests.support.site import Site


@pytest.fixture
def count_statements() -> Callable[[Site], AbstractContextManager[list[str]]]:
    """The SQL statements that are run inside the block."""

    @contextmanager
    def counted(site: Site) -> Iterator[list[str]]:
        statements: list[str] = []
        with site.app.app_context():
            engine = db.engine

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counted
