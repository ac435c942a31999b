"""Where somebody is among the contacts: search, filters and page, kept in addresses so that every way leads back."""

from typing import Any

from flask import request

from services import seal
from services.contacts.pages import Place

_KEPT = ("q", "list", "status", "page")


def kept() -> dict[str, Any]:
    """Of this request, for url_for()."""
    return {name: request.args[name] for name in _KEPT if request.args.get(name)}


def page_token(way: str, place: Place | None) -> str:
    """A place between two pages. Sealed: a contact's key tells how many contacts the whole site has."""
    return seal.seal({way: [str(place.id), place.key]}, seal.PAGE).decode() if place is not None else ""


def place_of(token: str) -> dict[str, Place]:
    opened = seal.unseal(token.encode(), seal.PAGE) if token.isascii() and token else None
    # Addresses of pages that were open before a release knew no key.
    return {
        way: Place(int(parts[0]), "".join(parts[1:]))
        for way, parts in (opened or {}).items()
        if way in {"before", "after"}
    }
