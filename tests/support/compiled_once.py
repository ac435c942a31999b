"""pytest plugin: what every application of a process would compile anew is compiled by the first of them.

A test has an application and an engine of its own. A web process has one of each for weeks, and finds every SQL
statement compiled after the first visit; so do the tests here, for which it was a third of all work.
"""

import gc
from collections.abc import Callable
from typing import Any

import pytest
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from services import language

Builder = Callable[..., tuple[str, str]]

_statements: LRUCache[Any, Any] = LRUCache(2000)
_builders: dict[Any, Builder] = {}


def pytest_configure() -> None:
    _keep_statements()
    _keep_builders()


def pytest_collection_finish() -> None:
    """All that was imported stays to the end: the search for garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def compiled_templates() -> BytecodeCache:
    """Every test has an application of its own; compiling its templates anew would be a quarter of all time."""
    return _Templates()


class _Templates(BytecodeCache):
    """For ``jinja_env.bytecode_cache`` of each application."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return f"{language.current()} {super().get_cache_key(name, filename)}"

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


def _keep_statements() -> None:
    """One cache for all engines; statements are looked up by dialect, so two of one kind count as one.

    All engines of one kind speak to the same server, or to the same SQLite, in the same way.
    """
    Engine._compiled_cache = property(lambda self: _statements, lambda self, own: None)  # type: ignore[assignment]
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        dialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign,assignment]
        dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign,assignment]


def _keep_builders() -> None:
    """Werkzeug writes two functions for each address and has Python compile them; their argument is the rule."""
    write: Any = Rule._compile_builder

    def kept(self: Rule, append_unknown: bool = True) -> Builder:
        converters = tuple((name, type(made)) for name, made in self._converters.items())
        defaults = tuple((self.defaults or {}).items())
        key = (self.rule, tuple(self._trace), converters, defaults, append_unknown)
        if key not in _builders:
            _builders[key] = write(self, append_unknown)
        return _builders[key]

    Rule._compile_builder = kept  # type: ignore[method-assign]
