"""What is looked for among contacts, and a page of what was found."""

from dataclasses import dataclass

from models.account import Account
from models.contact import Contact, ContactList

PAGE_SIZE = 50


@dataclass(frozen=True)
class Search:
    """``text``: beginning of the email address or of a name. ``status``: "" for any."""

    account: Account
    text: str = ""
    contact_list: ContactList | None = None
    status: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.contact_list or self.status)


@dataclass(frozen=True)
class Place:
    """Where a page ended. ``key``: what of the contact fitted a searched text; "" without one."""

    id: int
    key: str = ""


@dataclass(frozen=True)
class Page:
    """``found``: how many the whole search has, or more than that where it is not ``exact``.

    ``older``, ``newer``: places to go on from, None at the ends. ``unfinished``: there is more to look through, and
    this page took as long as a page may.
    """

    contacts: list[Contact]
    found: int
    exact: bool = True
    older: Place | None = None
    newer: Place | None = None
    unfinished: bool = False
