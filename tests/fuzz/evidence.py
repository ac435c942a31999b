"""What the model knows: who has proved what, and where. Nothing here is read from the site's own session tables."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support.browser import Browser


@dataclass(eq=False)
class Session:
    """Someone is signed in. ``generation`` grows with each new token; a copy of an older cookie is worth nothing."""

    person: int
    row: int
    started: datetime
    last_seen: datetime
    with_code: bool
    generation: int = 0
    alive: bool = True
    #: (action, scope) -> when a code for just this came back.
    grants: dict[tuple[str, str], datetime] = field(default_factory=dict)
    #: Numbers that were proved in this session.
    confirmed: set[str] = field(default_factory=set)

    def granted(self, action: str, scope: str, moment: datetime) -> bool:
        at = self.grants.get((action, scope))
        return at is not None and timedelta(0) <= moment - at < timedelta(seconds=300)


@dataclass(eq=False)
class Pending:
    """The password was right; the code is awaited."""

    person: int
    row: int
    alive: bool = True


@dataclass(eq=False)
class Trust:
    """A browser in which a code was entered and that may be remembered."""

    person: int
    public_id: str
    until: datetime
    alive: bool = True


@dataclass(eq=False)
class Text:
    """A code as it stands on a phone, and what it was sent for."""

    code: str
    to: str
    person: int
    challenge: int
    purpose: str
    scope: str
    pending_row: int | None
    session_row: int | None
    created: datetime
    spent: bool = False


@dataclass(eq=False)
class MailedLink:
    kind: str
    path: str
    person: int
    sent: datetime
    spent: bool = False


@dataclass(eq=False)
class Asked:
    """A request that a code interrupted: sent once more after it."""

    on: str
    method: str
    path: str
    data: dict[str, Any]


@dataclass(eq=False)
class Tab:
    """One browser, and what the model believes of its cookies."""

    name: str
    browser: Browser
    #: Whoever holds it never reads a phone.
    is_thief: bool = False
    token: str | None = None
    session: Session | None = None
    generation: int = 0
    pending_token: str | None = None
    pending: Pending | None = None
    trusts: list[Trust] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    confirming: str = ""

    def copy_from(self, other: "Tab") -> None:
        """Take the cookies of ``other`` as they are now."""
        client = self.browser.client
        for cookie in list((client._cookies or {}).values()):
            client.delete_cookie(cookie.key)
        for cookie in (other.browser.client._cookies or {}).values():
            client.set_cookie(cookie.key, cookie.value)
        self.token, self.session, self.generation = other.token, other.session, other.generation
        self.pending_token, self.pending = other.pending_token, other.pending
        self.trusts, self.asked, self.confirming = list(other.trusts), list(other.asked), other.confirming
