"""From a challenge to its code, and from what was typed to what is compared. Pure but for the key."""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterator

from models.challenge import Challenge
from services.keys import key

CODE_DIGITS = 6
_CODES = 10**CODE_DIGITS
_FAIR = 2**32 - 2**32 % _CODES


def code_for(challenge: Challenge) -> str:
    """The six ASCII digits of a challenge; leading zeros are real."""
    for word in _words(challenge):
        if word < _FAIR:  # dropping the top keeps every code equally likely
            return f"{word % _CODES:0{CODE_DIGITS}d}"
    raise AssertionError("unreachable: _words never ends")


def _words(challenge: Challenge) -> Iterator[int]:
    parts = (challenge.public_id, challenge.purpose, challenge.destination)
    message = challenge.nonce + "\0".join(parts).encode()
    counter = 0
    while True:
        block = hmac.new(key("codes"), message + counter.to_bytes(4, "big"), hashlib.sha256).digest()
        yield from (int.from_bytes(block[at : at + 4], "big") for at in range(0, len(block), 4))
        counter += 1


def clean(entered: str) -> str:
    """What was typed, without the spaces, hyphens and dashes that people and phones put in."""
    text = unicodedata.normalize("NFKC", entered[:200])
    return "".join(
        ch for ch in text if not ch.isspace() and unicodedata.category(ch) != "Pd" and ch != "\u00ad"
    )
