"""Column types and ids that every table shares."""

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

#: A 64-bit key; SQLite only numbers rows by itself when the type is exactly INTEGER.
Key = BigInteger().with_variant(Integer(), "sqlite")

#: JSON text on SQLite, JSONB on PostgreSQL.
Json = JSON().with_variant(JSONB(), "postgresql")

PUBLIC_ID_LENGTH = 22
_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{1,22}", re.ASCII)


def new_public_id() -> str:
    """128 random bits as 22 URL-safe characters: what a URL may show in place of a key."""
    return secrets.token_urlsafe(16)


class PublicId(TypeDecorator[str]):
    """What is not shaped like a public id is compared as the empty text, which no row has.

    So an id from a URL goes into a query as it came: PostgreSQL would refuse one with a NUL, as a fault of ours.
    """

    impl = String(PUBLIC_ID_LENGTH)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or _PUBLIC_ID.fullmatch(value) else ""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite has no zones, so it keeps the naive UTC value."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone was about to be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
