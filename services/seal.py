"""Values that only we can read, wherever they are kept: an interrupted form's fields in a row, a place in an address.

Each purpose has a key of its own: what was sealed for one is nothing for another.
"""

import base64
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.keys import keys

INTERRUPTED_FORM = "interrupted form"
WAITING_NUMBER = "number that waits for its code"
PAGE = "place between two pages"
EXPORT_KEY = "key of a stored export"


def seal(value: dict[str, list[str]], purpose: str) -> bytes:
    """URL-safe ASCII."""
    return _fernet(purpose).encrypt(json.dumps(value).encode())


def unseal(sealed: bytes, purpose: str) -> dict[str, list[str]] | None:
    """None when it was sealed under another key or for another purpose, or changed."""
    try:
        value = json.loads(_fernet(purpose).decrypt(sealed))
    except InvalidToken:
        return None
    return {str(name): [str(item) for item in items] for name, items in value.items()}


def _fernet(purpose: str) -> MultiFernet:
    """Seals with the first key, and reads what any of them sealed."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(one)) for one in keys(f"seal: {purpose}")])
