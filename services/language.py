"""The language of what people read: which one is spoken just now, and the words of it.

English is written in the source; another language is a catalogue, ``translations/<code>/LC_MESSAGES/messages.po``, read
once a process. The language belongs to the request or message that is being answered: blueprints/languages.py sets it
for a request, ``using`` for whatever else writes to people. Logs, commands and rows of the database know only English.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy, NullTranslations, Translations

SOURCE = "en"
#: {code: what it calls itself}. A code here needs its catalogue, and the other way round.
LANGUAGES = {"en": "English", "de": "Deutsch"}

_CATALOGUES = Path(__file__).resolve().parents[1] / "translations"
_spoken: ContextVar[str] = ContextVar("language", default=SOURCE)


def current() -> str:
    """The code of the language that is spoken now."""
    return _spoken.get()


def speak(code: str | None) -> None:
    """From here on, in this request or thread, ``code``; a language that we do not have is English."""
    _spoken.set(code if code in LANGUAGES else SOURCE)


@contextmanager
def using(code: str | None) -> Iterator[None]:
    """Within it, ``code``; after it, what was spoken before."""
    before = _spoken.set(code if code in LANGUAGES else SOURCE)
    try:
        yield
    finally:
        _spoken.reset(before)


def gettext(message: str, /, **values: Any) -> str:
    """``message`` in the language spoken now, with ``values`` in its ``%(name)s``; numbers with their separators."""
    text = catalogue(_spoken.get()).gettext(message)
    return text % written(values) if values else text


def ngettext(one: str, many: str, number: int, /, **values: Any) -> str:
    """``one`` or ``many``, by the language's own rule for ``number``, which is ``%(num)s`` in both."""
    text = catalogue(_spoken.get()).ngettext(one, many, number)
    return text % written({"num": number, **values})


def lazy_gettext(message: str, /, **values: Any) -> str:
    """For what is made before anybody asks, such as the label of a field: translated whenever it is read."""
    return cast(str, LazyProxy(gettext, message, enable_cache=False, **values))


def N_(message: str) -> str:
    """Marks ``message`` for the catalogue and leaves it as it is: translated later, by ``gettext``."""
    return message


def written(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a message; whole numbers as people there write them."""
    return {name: thousands(value) if type(value) is int else value for name, value in values.items()}


def thousands(number: int) -> str:
    """12431 -> "12,431" or "12.431"."""
    text = f"{number:,}"
    return text if _spoken.get() == SOURCE else text.replace(",", _group(_spoken.get()))


def decimal(number: str) -> str:
    """ "1.4" -> "1.4" or "1,4"."""
    return number.replace(".", _point(_spoken.get()))


def month(number: int) -> str:
    """1 -> "January" or "Januar"."""
    return _months(_spoken.get())[number]


def locale() -> Locale:
    """Babel's knowledge of the language spoken now: names of countries and the like."""
    return _locale(_spoken.get())


@cache
def catalogue(code: str) -> NullTranslations:
    """The words of a language. English has none: what is not translated is said as it stands in the source."""
    if code == SOURCE:
        return NullTranslations()
    with open(_CATALOGUES / code / "LC_MESSAGES" / "messages.po", "rb") as source:
        words = read_po(source, locale=code)
    compiled = BytesIO()
    write_mo(compiled, words)
    compiled.seek(0)
    return Translations(compiled)


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(code)


@cache
def _months(code: str) -> dict[int, str]:
    return dict(_locale(code).months["format"]["wide"])


@cache
def _group(code: str) -> str:
    return str(_locale(code).number_symbols["latn"]["group"])


@cache
def _point(code: str) -> str:
    return str(_locale(code).number_symbols["latn"]["decimal"])
