"""Values kept in the database that a copy of the database must not tell: an interrupted form's fields."""

import base64
import json

from cryptography.fernet import Fernet, InvalidToken

from services.keys import key


def seal(value: dict[str, list[str]]) -> bytes:
    return _fernet().encrypt(json.dumps(value).encode())


def unseal(sealed: bytes) -> dict[str, list[str]] | None:
    """None when it was sealed under another key, or changed."""
    try:
        value = json.loads(_fernet().decrypt(sealed))
    except InvalidToken:
        return None
    return {str(name): [str(item) for item in items] for name, items in value.items()}


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key("seal")))
