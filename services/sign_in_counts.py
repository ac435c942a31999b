"""Among whose failures a wrong password counts, and what is written down of it.

By name and by network (services/delays.py). A browser that is trusted, and one in which the password was just set by a
mailed link, has a count of its own, so that a stranger who hammers a name keeps nobody out who holds one of those.

Every subject begins with its kind, what was typed as well: nobody types an "address" that is a browser's count.
"""

from dataclasses import dataclass

from models.link import Link
from models.trusted_browser import TrustedBrowser
from models.user import User
from services import delays, limits
from services.audit import Event, record
from services.hashing import Kind
from services.origin import current_origin
from services.unit_of_work import write

_HOUR = 3600
#: As much does one wrong password count for its network while LIMIT_SIGN_IN_SITE is exceeded.
_UNDER_ATTACK = 10


@dataclass(frozen=True)
class Counts:
    """Whose failures a try is counted among. ``network`` None: not among those of the network."""

    name: str
    network: str | None
    #: The user's id, where the browser is theirs.
    person: int | None = None

    def place(self) -> tuple[Kind, str]:
        """In which order the password is looked at (services/hashing.py), and with whom the places are shared."""
        return (Kind.KNOWN, str(self.person)) if self.network is None else (Kind.STRANGER, self.network)

    def hit(self) -> tuple[int, int]:
        """Count the try, before the password is looked at. Raises LimitExceeded, with nothing counted, while a wait
        lasts. Inside write()."""
        by_network = delays.hit("sign_in_address", self.network) if self.network is not None else 0
        try:
            return by_network, delays.hit("sign_in_user", self.name)
        except limits.LimitExceeded:
            if self.network is not None:
                delays.give_back("sign_in_address", self.network, by_network)
            raise

    def give_back(self, counted: tuple[int, int]) -> None:
        """The password was right. Failures before it stay: they end with the whole sign-in, not with half of it."""
        if self.network is not None:  # first, as in hit(): two tries must not wait for each other
            delays.give_back("sign_in_address", self.network, counted[0])
        delays.give_back("sign_in_user", self.name, counted[1])


def by_name(email: str) -> str:
    """The subject of what is counted for a typed address, canonical, known or not."""
    return f"name:{email}"


def by_session(user: User) -> str:
    """The subject of passwords asked for once more, from somebody who is signed in."""
    return f"signed in:{user.id}"


def of_browser(browser: TrustedBrowser) -> Counts:
    return Counts(f"browser:{browser.id}", None, browser.user_id)


def of_link(link: Link) -> Counts:
    return Counts(f"reset:{link.id}", None, link.user_id)


def of_stranger(email: str) -> Counts:
    return Counts(by_name(email), current_origin().network)


def count(counts: Counts, user: User | None) -> tuple[int, int]:
    """Raises LimitExceeded once that is written down: a rollback would have a known user read again."""
    with write():
        try:
            return counts.hit()
        except limits.LimitExceeded as limit:
            refusal = limit
            _record_refusal(limit, user, counts)
    raise refusal


def record_failure(user: User | None, counts: Counts) -> None:
    with write():
        record(
            Event.PASSWORD_WRONG,
            account=user.account if user else None,
            actor=None,
            subject=user,
            outcome="failure",
        )
        try:
            limits.hit_for_all("sign_in_site")
        except limits.LimitExceeded:
            # The site is under attack. Nobody is refused for it; whoever fails now waits sooner.
            if counts.network is not None:
                delays.weigh("sign_in_address", counts.network, _UNDER_ATTACK - 1)


def _record_refusal(limit: limits.LimitExceeded, user: User | None, counts: Counts) -> None:
    """Once an hour for each name or network: a flood of tries must not become a flood of events."""
    is_name = limit.name == "sign_in_user"
    with write():
        if not limits.first_since(f"refused_{limit.name}", counts.name if is_name else counts.network, _HOUR):
            return
        # An event about a network is the site's: whichever name stood in the try that ended it.
        about = user if is_name else None
        record(
            Event.SIGN_IN_REFUSED,
            account=about.account if about else None,
            actor=None,
            subject=about,
            outcome="failure",
            limit="name" if is_name else "network",
        )
