"""What an address calls a contact: its key, sealed, so that it tells nothing and can be counted by nobody.

Contacts have no random id of their own: millions of them would need an index more. AES-SIV gives the same address for
the same contact each time, and what was not made here, or for another account, is no contact.
"""

import base64
import binascii
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from models.account import Account
from models.contact import Contact
from services.keys import key, keys

_SHAPE = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)


def public_id(account: Account, contact: Contact) -> str:
    """32 URL-safe characters."""
    sealed = AESSIV(key("contacts")).encrypt(contact.id.to_bytes(8, "big"), _about(account))
    return base64.urlsafe_b64encode(sealed).decode()


def key_of(account: Account, written: str) -> int | None:
    """The key of a contact; None for what is none of ``account``'s ids."""
    if not _SHAPE.fullmatch(written):
        return None
    try:
        sealed = base64.urlsafe_b64decode(written)
    except binascii.Error:
        return None
    for one in keys("contacts"):
        try:
            return int.from_bytes(AESSIV(one).decrypt(sealed, _about(account)), "big")
        except InvalidTag:
            continue
    return None


def _about(account: Account) -> list[bytes]:
    return [account.public_id.encode()]
