"""Passwords: argon2id, re-hashed when the cost setting changes, judged by zxcvbn before they are taken."""

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from config import Settings, settings
from services import hashing
from services.language import gettext as _

#: zxcvbn's 0 to 4; below 3 a password falls to an offline attack in hours.
_MIN_SCORE = 3
#: Characters that must be left when words of the place and the person are taken out; shorter words stay in.
_OWN, _WORD = 8, 4
#: What zxcvbn reads: its time grows with the square of the length.
_JUDGED_LENGTH = 72

#: Barred beside the words of the person, the company, the brand and the host (ASVS 6.1.2; docs/access.md): a guesser
#: tries these first here. None is forbidden as such; as a part of a password it adds nothing.
CONTEXT_WORDS = (
    "countersign", "engagement", "engagementcloud", "twofactor", "authentication", "authenticator", "code", "mobile",
    "owner", "accountowner", "support", "supportadmin", "admin", "administrator", "user", "contacts", "export",
    "import", "marketing", "newsletter", "email", "password", "signin", "login", "welcome",
)  # fmt: skip

#: The most that PASSWORD_MAX_LENGTH can be; whoever types more has no password here.
_LONGEST = 1024


class PasswordRefused(ValueError):
    """``str()`` says, to the person who chose it, what to do."""


class _TooLong(ValueError):
    """Longer than any password here: it is wrong, and must not cost us the work of reading it."""


def hash_password(password: str) -> str:
    """Raises hashing.Busy, as ``password_matches`` does, unless this thread has its turn already."""
    password = _normal(password)
    with hashing.turn():
        return _hasher().hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Whether ``password`` is right. With no stored hash it costs the same time and is False."""
    try:
        password, matches = _normal(password), True
    except _TooLong:
        password, matches = "", False
    with hashing.turn():
        try:
            _hasher().verify(stored or _dummy_hash(), password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None and matches


def needs_rehash(stored: str) -> bool:
    return _hasher().check_needs_rehash(stored)


def check_new_password(password: str, personal: list[str]) -> None:
    """Raise PasswordRefused unless it is long enough, not common and not made of ``personal`` words.

    Common are zxcvbn's 30,000 from breaches, by themselves and as what a longer one is made of (ASVS 6.2.4, 6.2.12).

    Any characters are allowed and none are demanded (ASVS 6.2.5); length counts code points (ASVS 6.2.9).
    """
    config = settings()
    if len(password) < config.password_min_length:
        raise PasswordRefused(
            _(
                "Password must be %(number)s characters or more. Try three or four words",
                number=config.password_min_length,
            )
        )
    if len(password) > config.password_max_length:
        raise PasswordRefused(
            _("Password must be %(number)s characters or fewer", number=config.password_max_length)
        )
    if "\x00" in password:
        raise PasswordRefused(_("Password must not include a NUL character"))
    words = [part for text in (*personal, config.brand_name, config.public_host) for part in _parts(text)]
    words += CONTEXT_WORDS
    if _left_without(words, password) < _OWN or _score(password, words) < _MIN_SCORE:
        raise PasswordRefused(
            _("This password is easy to guess. Avoid common words, names, and your own details")
        )


def _left_without(words: list[str], password: str) -> int:
    """How many characters are the password's own, once the words that a guesser tries first are taken out."""
    left = joined = _joined(password.lower())
    for word in sorted({_joined(word) for word in words}, key=len, reverse=True):
        if len(word) >= _WORD:
            left = left.replace(word, "")
    return len(left) if left != joined else len(password)


def _joined(text: str) -> str:
    return "".join(ch for ch in text if ch.isalnum())


def _score(password: str, words: list[str]) -> int:
    from zxcvbn import (
        zxcvbn,
    )  # its word lists take a quarter of a second to load; most processes never need them

    # Once more without what stands between: "password password" is "passwordpassword" to whoever guesses.
    readings = {reading[:_JUDGED_LENGTH] for reading in (password, _joined(password)) if reading}
    return min(int(zxcvbn(reading, user_inputs=words)["score"]) for reading in readings)


def _parts(text: str) -> list[str]:
    text = text.lower()
    pieces = [text, *text.replace("@", " ").replace(".", " ").replace("-", " ").split()]
    return [piece for piece in [*pieces, "".join(pieces[1:])] if len(piece) >= 3]


def _normal(password: str) -> str:
    """NFKC, so that the same keys on another system give the same password (NIST SP 800-63B, 3.1.1.2).

    Raises _TooLong first: the work of NFKC grows with the square of a run of combining marks, a minute for a form's
    worth of them.
    """
    if len(password) > _LONGEST:
        raise _TooLong
    return unicodedata.normalize("NFKC", password)


def _hasher() -> PasswordHasher:
    return _hasher_for(settings())


@lru_cache(maxsize=4)
def _hasher_for(config: Settings) -> PasswordHasher:
    return PasswordHasher(
        time_cost=config.argon2_time_cost,
        memory_cost=config.argon2_memory_mib * 1024,
        parallelism=config.argon2_parallelism,
        type=Type.ID,
    )


def _dummy_hash() -> str:
    return _dummy_hash_for(settings())


@lru_cache(maxsize=4)
def _dummy_hash_for(config: Settings) -> str:
    return _hasher_for(config).hash("nobody has this password")
