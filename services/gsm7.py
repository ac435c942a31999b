"""The alphabet of a plain text message: GSM 7-bit (3GPP TS 23.038).

A text of this alphabet holds 160 units (septets) in one message; a single other character, such as a
typographic apostrophe, makes the whole text UCS-2, with room for 70. Every part is billed, and parts arrive
separately.
"""

import re
import unicodedata

ONE_MESSAGE = 160

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_ALPHABET = _BASIC | _EXTENDED

# What decomposition (NFKD) does not find. Dashes and quotation marks are what people paste from word
# processors.
_NEAREST = {
    **dict.fromkeys("‘’‚‛`´′ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("•·‧∙", "-"),
    **{"…": "...", "×": "x", "÷": "/", "©": "(c)", "®": "(R)", "™": "(TM)", "№": "No."},
    **{"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i"},
    **{"œ": "oe", "Œ": "OE", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ŋ": "n", "Ŋ": "N", "ẞ": "SS"},
}
_UNWRITABLE = "?"
_ELLIPSIS = "..."


def is_gsm7(text: str) -> bool:
    """Can this text be sent as it is in GSM-7?"""
    return _ALPHABET.issuperset(text)


def septets(text: str) -> int:
    """The length of a GSM-7 text in septets: ``^{}[]~\\|€`` and form feed take two, everything else one.

    Raises ValueError for a text that is not GSM-7.
    """
    if not is_gsm7(text):
        raise ValueError("not a GSM-7 text")
    return len(text) + sum(character in _EXTENDED for character in text)


def to_gsm7(text: str) -> str:
    """The nearest GSM-7 text: "Zoë’s café" becomes "Zoe's café"; a run with no near form becomes one "?"."""
    return re.sub(r"\uffff+", _UNWRITABLE, "".join(map(_nearest, text)))


def fit(template: str, *, shorten: str | None = None, limit: int = ONE_MESSAGE, **parts: str) -> str:
    """Fill ``template`` (``str.format`` fields) with ``parts`` as GSM-7, in one message if that can be done.

    Line breaks inside a part become spaces: a name that somebody chose cannot make a line of its own, least
    of all one that looks like ``@host #code``. When the whole is longer than ``limit`` septets, the part
    named ``shorten`` is cut and ends in "...". A text that cannot be made short enough that way is returned
    long: it costs more, but it arrives.
    """
    plain = to_gsm7(template)
    values = {name: to_gsm7(" ".join(part.split())) for name, part in parts.items()}
    text = plain.format(**values)
    excess = septets(text) - limit
    if excess > 0 and shorten is not None:
        values[shorten] = _cut(values[shorten], septets(values[shorten]) - excess)
        text = plain.format(**values)
    return text


def _nearest(character: str) -> str:
    """GSM-7 for one character; U+FFFF marks one that has none, to tell a run of them from a real "?"."""
    if character in _ALPHABET:
        return character
    if character in _NEAREST:
        return _NEAREST[character]
    if character.isspace():
        return " "
    if unicodedata.category(character) in {"Mn", "Me", "Cf", "Cc"}:
        return ""
    decomposed = unicodedata.normalize("NFKD", character)
    kept = "".join(_NEAREST.get(c, c) for c in decomposed if not unicodedata.combining(c))
    return kept if kept and is_gsm7(kept) else "\uffff"


def _cut(text: str, room: int) -> str:
    """As much of ``text`` as ``room`` septets hold, "..." included, be it only a part of the dots."""
    room -= len(_ELLIPSIS)
    if room <= 0:
        return _ELLIPSIS[: max(room + len(_ELLIPSIS), 0)]
    used = 0
    for index, character in enumerate(text):
        used += 2 if character in _EXTENDED else 1
        if used > room:
            return text[:index].rstrip() + _ELLIPSIS
    return text
