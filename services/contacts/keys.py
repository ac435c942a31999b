"""What contacts are searched by: the beginning of three keys, each with an index that begins with the account.

``email``; the name as pages show it; the last name. Migration 0006 makes the indexes with these very expressions.
Comparisons are by code point ("C"), so that a beginning is one range of the index on every database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, func, literal, literal_column

from extensions import db
from models.contact import Contact

#: Longer names are cut: a key must fit into a page of an index.
KEY_LENGTH = 100

_SHOWN = "coalesce(nullif({full}, ''), ltrim(coalesce({first}, '') || ' ' || coalesce({last}, '')))"


def expressions(dialect: str) -> dict[str, str]:
    """{index: SQL of its key}."""
    postgres = dialect == "postgresql"
    first, last, full = (
        f"(contacts.data ->> '{name}')" if postgres else f"json_extract(contacts.data, '$.{name}')"
        for name in ("FIRSTNAME", "LASTNAME", "FULLNAME")
    )
    shown = _SHOWN.format(first=first, last=last, full=full)
    cut, end = ("left", ' COLLATE "C"') if postgres else ("substr", "")
    arguments = f"{KEY_LENGTH}" if postgres else f"1, {KEY_LENGTH}"
    return {
        "ix_contacts_name": f"{cut}(lower({shown}), {arguments}){end}",
        "ix_contacts_last_name": f"{cut}(lower({last}), {arguments}){end}",
    }


@dataclass(frozen=True)
class Key:
    """One key of a contact, and the spellings of the text it may begin with."""

    column: ColumnElement[Any]
    spellings: tuple[ColumnElement[Any], ...]
    #: Nobody else of the account has this one.
    is_unique: bool = False

    @property
    def order(self) -> tuple[ColumnElement[Any], ...]:
        """As the index has it."""
        return (self.column,) if self.is_unique else (self.column, Contact.__table__.c.id)

    def begins(self, spelling: ColumnElement[Any]) -> ColumnElement[bool]:
        # Nothing sorts behind U+10FFFF, which nobody's name holds.
        return and_(self.column >= spelling, self.column < spelling.op("||")(literal("\U0010ffff", String)))

    def any_begins(self) -> ColumnElement[bool]:
        # Null is a contact without this name.
        found: ColumnElement[bool] = func.coalesce(
            _either([self.begins(spelling) for spelling in self.spellings]), literal_column("false")
        )
        return found


def keys_of(text: str) -> list[Key]:
    """The keys, for a search of ``text``."""
    names = expressions(db.session.get_bind().dialect.name)
    spellings = tuple(func.lower(literal(way[:KEY_LENGTH], String)) for way in sorted(set(_spellings(text))))
    return [
        Key(Contact.__table__.c.email, (literal(text.lower(), String),), is_unique=True),
        *(Key(literal_column(name, String), spellings) for name in names.values()),
    ]


def _spellings(text: str) -> Iterator[str]:
    """Databases need not know capital letters beyond ASCII, so the usual ways to write a name are all looked for."""
    for way in (text, text.lower(), text.upper(), text.title()):
        yield "".join(letter.lower() if letter.isascii() else letter for letter in way)


def _either(clauses: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    first, *others = clauses
    for other in others:
        first = first | other
    return first
