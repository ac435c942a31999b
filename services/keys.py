"""One secret from the operator, one derived key for each use, so that no key serves two purposes."""

from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config import settings


def key(use: str) -> bytes:
    """32 bytes for ``use`` ("codes", "links", "audit", "seal", "limits"), by HKDF-SHA-256 from SECRET_KEY."""
    return _derive(settings().secret_key, use)


def keys(use: str) -> list[bytes]:
    """``key(use)``, then those of SECRET_KEY_FALLBACKS, newest first: what these made is still read, nothing is made
    with them."""
    return [_derive(secret, use) for secret in (settings().secret_key, *settings().old_secret_keys)]


@lru_cache(maxsize=32)
def _derive(secret: str, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"countersign " + use.encode()).derive(
        secret.encode()
    )
