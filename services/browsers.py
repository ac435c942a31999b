"""One's own sessions and trusted browsers: what they are called, and ending them."""

from models.login_session import LoginSession
from models.trusted_browser import TrustedBrowser
from services import sessions, trusted_browsers
from services.audit import Event, record
from services.browser_names import name
from services.revocation import shut_every_door
from services.sessions import SignedIn
from services.unit_of_work import write

__all__ = ["NotYours", "name", "revoke", "revoke_all"]


class NotYours(LookupError):
    """No session or trusted browser of this person has that id."""


def revoke(me: SignedIn, public_id: str) -> TrustedBrowser | LoginSession:
    """End the one session, or forget the one trusted browser, of that id. Raises NotYours."""
    for browser in trusted_browsers.live(me.user):
        if browser.public_id == public_id:
            with write():
                trusted_browsers.revoke(browser, "revoked by its user")
                record(Event.BROWSER_REVOKED, account=me.user.account, actor=me.user)
            return browser
    for row in sessions.open_sessions(me.user):
        if row.public_id == public_id:
            with write():
                sessions.end(row, "ended by its user")
                record(Event.SESSION_ENDED, account=me.user.account, actor=me.user)
            return row
    raise NotYours


def revoke_all(me: SignedIn) -> SignedIn:
    """End every other session and forget every trusted browser, this one too; this session gets a new token."""
    with write():
        shut_every_door(me.user, "revoked by its user", keep=me.session)
        record(Event.EVERYTHING_REVOKED, account=me.user.account, actor=me.user)
        return sessions.renew(me)
