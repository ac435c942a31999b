"""The end of every sign-in: the session begins, and what was unusual about it is told."""

from dataclasses import dataclass

from models.user import User
from services import delays, notices, sessions, sign_in_counts
from services.audit import Event, record
from services.sessions import SignedIn
from services.unit_of_work import write

#: So many wrong passwords before a sign-in are told with it.
_MANY = 5


@dataclass(frozen=True)
class Completed:
    """Signed in. ``browser_cookie`` is the trusted-browser cookie to set, None to leave it alone."""

    signed_in: SignedIn
    browser_cookie: str | None
    next_path: str = ""


def complete(
    user: User, *, second_step: str, forgive: str, browser_cookie: str | None, next_path: str
) -> Completed:
    """``forgive``: whose failures end with this sign-in; only the whole one ends them."""
    with write():
        _tell(user, second_step)
        delays.forget("sign_in_user", forgive)
        signed_in = sessions.start(user, second_step=second_step)
        record(Event.SIGN_IN_COMPLETED, account=user.account, actor=user, second_step=_IN_WORDS[second_step])
    return Completed(signed_in, browser_cookie, next_path)


def _tell(user: User, second_step: str) -> None:
    """One mail for what is unusual about a sign-in (ASVS 6.3.5), before anything of it is written."""
    failures = delays.failures("sign_in_user", sign_in_counts.by_name(user.email))
    last = user.last_signed_in_at
    # A code was entered, so no trusted browser was here. Support are never remembered, nor is anybody without
    # two-factor: there what they signed in with in the last 30 days tells whether this is new. Nothing remembers a
    # browser for longer, so a first sign-in after a long rest is told as a new browser, too.
    looks_back = user.is_support or second_step == "off"
    is_new = second_step == "code" if not looks_back else last is not None and not sessions.began_here(user)
    if is_new:
        notices.new_browser(user, with_code=second_step == "code", failures=failures)
    elif failures >= _MANY:
        notices.unusual_sign_in(user, failures=failures)


_IN_WORDS = {
    "off": "password",
    "trusted_browser": "password, trusted browser",
    "code": "password and code",
}
