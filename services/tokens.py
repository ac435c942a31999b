"""Random tokens for cookies. The database keeps only their hash."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """SHA-256: enough for a random 256-bit value, which cannot be guessed slowly or quickly."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
