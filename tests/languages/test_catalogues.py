"""Each language says everything, in the same shape as English: nothing is missing, left over or half filled in."""

import re
from functools import cache
from html.parser import HTMLParser

import pytest
from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from scripts import translations
from services import language

OTHERS = sorted(set(language.LANGUAGES) - {language.SOURCE})
PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{\w+\}|%%")
LOOSE_PERCENT = re.compile(r"%(?!\(\w+\)s|%)")


@cache
def source() -> Catalog:
    return translations.extracted()


@cache
def catalogue(code: str) -> Catalog:
    with open(translations.path_of(code), "rb") as stored:
        return read_po(stored, locale=code)


def said(message: Message) -> tuple[str, ...]:
    """Its forms; a missing one is found by a test of its own."""
    return tuple(text for text in translations.forms(message.string) if text)


def asked(message: Message) -> tuple[str, ...]:
    return translations.forms(message.id)


def of(code: str) -> list[Message]:
    return [message for message in catalogue(code) if message.id]


def test_every_language_has_a_catalogue_and_every_catalogue_a_language() -> None:
    folders = {path.parent.parent.name for path in (translations.ROOT / "translations").rglob("*.po")}
    assert folders == set(OTHERS)


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_has_the_messages_of_the_source_and_no_other(code: str) -> None:
    """If not: make translations. In the script's own order, too, so that a change shows nothing but its words."""
    wanted, found = ({message.id for message in one if message.id} for one in (source(), catalogue(code)))
    assert sorted(map(str, wanted - found)) == []
    assert sorted(map(str, found - wanted)) == []
    assert translations.text_of(translations.brought_up(code)) == translations.path_of(code).read_text()


@pytest.mark.parametrize("code", OTHERS)
def test_nothing_is_left_untranslated_or_unsure(code: str) -> None:
    assert [message.id for message in of(code) if message.fuzzy] == []
    assert translations.untranslated(catalogue(code)) == []
    assert all(
        len(said(message)) == catalogue(code).num_plurals for message in of(code) if message.pluralizable
    )


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_put_in_is_the_same(code: str) -> None:
    """A form for one may spell the number out."""
    wrong = []
    for message in of(code):
        wanted = {match[0] for text in asked(message) for match in PLACEHOLDER.finditer(text)} - {"%%"}
        for number, text in enumerate(said(message)):
            found = {match[0] for match in PLACEHOLDER.finditer(text)} - {"%%"}
            spelled_out = {"%(num)s"} if message.pluralizable and number == 0 else set()
            if found - wanted or wanted - found - spelled_out:
                wrong.append((message.id, text))
    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_percent_sign_is_written_as_in_english(code: str) -> None:
    """One that stands by itself would be read as the beginning of a placeholder where there are any."""
    assert [
        message.id
        for message in of(code)
        for text in said(message)
        if ("%%" in text) != any("%%" in english for english in asked(message))
        or bool(LOOSE_PERCENT.search(text.replace("%%", "")))
        != any(LOOSE_PERCENT.search(english.replace("%%", "")) for english in asked(message))
    ] == []


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.balanced = True
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(f"{tag} {sorted(attrs, key=str)}")
        if tag not in {"br", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.balanced = self.balanced and bool(self.open) and self.open.pop() == tag


@pytest.mark.parametrize("code", OTHERS)
def test_the_tags_are_the_same_and_shut_in_order(code: str) -> None:
    wrong = []
    for message in of(code):
        wanted = sorted(_Tags(asked(message)[-1]).found)
        for text in said(message):
            tags = _Tags(text)
            if sorted(tags.found) != wanted or not tags.balanced or tags.open:
                wrong.append((message.id, text))
    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_what_stands_around_it_is_the_same(code: str) -> None:
    """White space at its ends, and whether it ends a sentence: other text may follow."""
    wrong = []
    for message in of(code):
        english = asked(message)[-1]
        for text in said(message):
            around = [len(one) - len(one.lstrip()) for one in (english, text)]
            after = [len(one) - len(one.rstrip()) for one in (english, text)]
            stops = [one.rstrip().endswith(".") for one in (english, text)]
            if around[0] != around[1] or after[0] != after[1] or stops[0] != stops[1]:
                wrong.append((message.id, text))
    assert wrong == []


def test_german_keeps_to_its_own_quotation_marks_and_spells_with_umlauts() -> None:
    texts = [text for message in of("de") for text in said(message)]
    assert [
        text for text in texts if re.search(r"“\w|\w”|(?<![=\w])\"\w", re.sub(r"<[^>]*>", "", text))
    ] == []
    assert [
        text for text in texts if re.search(r"\b(fuer|ueber|koennen|muessen|waehlen|moeglich)\b", text, re.I)
    ] == []


def test_german_speaks_to_people_as_sie() -> None:
    familiar = re.compile(r"\b(du|dein|deine|deinen|deinem|deiner|dich|dir|euch|euer)\b")
    assert [text for message in of("de") for text in said(message) if familiar.search(text)] == []
