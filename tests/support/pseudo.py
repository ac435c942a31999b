"""A language of ⟦English in brackets⟧: whatever a page says outside them was never given to a translator."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from babel import Locale
from babel.support import NullTranslations
from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, Doctype, NavigableString

from blueprints import fields
from services import language

CODE = "qps"
OPEN, SHUT = "⟦", "⟧"

#: What people see or hear of a tag, beside its text.
SAID = (
    "title",
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
    "placeholder",
    "alt",
    "label",
)
#: Attributes whose names end so hold what a script will say.
_SAID_LATER = re.compile(r"^data-.*-(text|status|said|message|title)$")
_UNSEEN = {"script", "style", "template"}


class _Bracketed(NullTranslations):
    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{SHUT}"

    def ngettext(self, one: str, many: str, number: int) -> str:
        return f"{OPEN}{one if number == 1 else many}{SHUT}"


def add(patch: pytest.MonkeyPatch) -> None:
    """Have the site speak it to browsers that ask for ``qps``."""
    catalogue, locale, built_in = language.catalogue, language._locale, fields._built_in
    patch.setitem(language.LANGUAGES, CODE, "Brackets")
    patch.setattr(language, "catalogue", lambda code: _Bracketed() if code == CODE else catalogue(code))
    patch.setattr(fields, "_built_in", lambda code: _Bracketed() if code == CODE else built_in(code))
    patch.setattr(language, "_locale", lambda code: Locale.parse("en") if code == CODE else locale(code))


def outside(page: BeautifulSoup, data: set[str], pattern: re.Pattern[str]) -> list[str]:
    """What ``page`` says outside brackets, but for ``data``: what people typed, and names of things."""
    found = [*_texts(page), *_attributes(page)]
    return words(found, data, pattern)


def _texts(page: BeautifulSoup) -> Iterator[str]:
    """Texts with the brackets and what is in them left out. One pair may be open over several tags."""
    depth = 0
    for piece in page.descendants:
        if not isinstance(piece, NavigableString) or isinstance(piece, Comment | Doctype):
            continue
        if any(parent.name in _UNSEEN for parent in piece.parents):
            continue
        text, depth = _unbracketed(str(piece), depth)
        yield text
    if depth:
        yield "Brackets that are not shut"


def _attributes(page: BeautifulSoup) -> Iterator[str]:
    for tag in page.find_all(True):
        assert isinstance(tag, Tag)
        for name, value in tag.attrs.items():
            if name in SAID or _SAID_LATER.match(name):
                yield _unbracketed(str(value), 0)[0]


def _unbracketed(text: str, depth: int) -> tuple[str, int]:
    kept = []
    for ch in text:
        if ch == OPEN:
            depth += 1
        elif ch == SHUT:
            depth -= 1
        elif depth == 0:
            kept.append(ch)
    return "".join(kept), depth


def words(texts: list[str], data: set[str], pattern: re.Pattern[str]) -> list[str]:
    """What is left of each when ``data`` and ``pattern`` are taken out, where that has letters."""
    known = sorted(data, key=len, reverse=True)
    found = []
    for text in texts:
        left = " ".join(text.split())
        if any(ch.isalpha() for ch in left):
            left = pattern.sub(" ", left)
            for name in known:
                left = left.replace(name, " ")
            left = " ".join(left.split())
        if any(ch.isalpha() for ch in left):
            found.append(left)
    return found


def of_json(answer: Any) -> Iterator[str]:
    """The sentences of a status that a script reads."""
    values = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ()
    for value in values:
        if isinstance(value, str) and " " in value.strip():
            yield _unbracketed(value, 0)[0]
        else:
            yield from of_json(value)
