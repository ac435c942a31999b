"""Every kind of security event, with the details it carries and the sentence that tells it.

A tag is ``thing:action``. In a sentence ``{actor}`` and ``{subject}`` are people, the rest are the event's details.
"""

from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    PASSWORD_WRONG = "password:wrong"
    PASSWORD_CHANGED = "password:changed"
    PASSWORD_RESET_ASKED = "password:reset_asked"
    PASSWORD_RESET = "password:reset"
    SIGN_IN_COMPLETED = "sign_in:completed"
    SIGN_IN_BLOCKED = "sign_in:blocked"
    SIGNED_OUT = "sign_in:signed_out"
    CODE_SENT = "code:sent"
    CODE_WRONG = "code:wrong"
    CODE_RIGHT = "code:right"
    CODE_PAUSED = "code:paused"
    BROWSER_TRUSTED = "browser:trusted"
    BROWSER_REVOKED = "browser:revoked"
    SESSION_ENDED = "session:ended"
    EVERYTHING_REVOKED = "browser:all_revoked"
    NOT_ME_REPORTED = "notice:not_me"
    NUMBER_CONFIRMED = "number:confirmed"
    NUMBER_CHANGED = "number:changed"
    NUMBER_SET_BY_OWNER = "number:set_by_owner"
    TWO_FACTOR_ON = "two_factor:on"
    TWO_FACTOR_OFF = "two_factor:off"
    TWO_FACTOR_OFF_SCHEDULED = "two_factor:off_scheduled"
    TWO_FACTOR_OFF_STOPPED = "two_factor:off_stopped"
    USER_INVITED = "user:invited"
    INVITATION_ACCEPTED = "user:invitation_accepted"
    USER_CHANGED = "user:changed"
    USER_REMOVED = "user:removed"
    ACCOUNT_CREATED = "account:created"
    ACCOUNT_CHANGED = "account:changed"
    OWNERSHIP_OFFERED = "ownership:offered"
    OWNERSHIP_ACCEPTED = "ownership:accepted"
    OWNERSHIP_ENDED = "ownership:ended"
    EXPORT_FIXED = "export:fixed"
    EXPORT_DOWNLOADED = "export:downloaded"
    EXPORT_REFUSED = "export:refused"
    IMPORT_FINISHED = "import:finished"
    SUPPORT_CREATED = "support:created"
    SUPPORT_REQUESTED = "support:requested"
    SUPPORT_LOOKED = "support:looked"
    SUPPORT_REQUEST_CLOSED = "support:request_closed"
    ACTIVITY_DOWNLOADED = "activity:downloaded"


@dataclass(frozen=True)
class Declared:
    sentence: str
    #: Names of the details that may be recorded; anything else is a mistake and raises.
    details: frozenset[str] = frozenset()
    #: Heading under which the activity page can filter it.
    kind: str = ""


def _d(kind: str, sentence: str, *details: str) -> Declared:
    return Declared(sentence, frozenset(details), kind)


DECLARED: dict[Event, Declared] = {
    Event.PASSWORD_WRONG: _d("Sign-in", "Someone entered a wrong password for {subject}"),
    Event.PASSWORD_CHANGED: _d("Password", "{actor} changed their password"),
    Event.PASSWORD_RESET_ASKED: _d("Password", "A link to set a new password was asked for {subject}"),
    Event.PASSWORD_RESET: _d("Password", "{actor} set a new password with a link from a mail"),
    Event.SIGN_IN_COMPLETED: _d("Sign-in", "{actor} signed in ({second_step})", "second_step"),
    Event.SIGN_IN_BLOCKED: _d("Sign-in", "{actor} could not sign in: {why}", "why"),
    Event.SIGNED_OUT: _d("Sign-in", "{actor} signed out"),
    Event.CODE_SENT: _d("Codes", "A code to {purpose} was sent to {number} for {actor}", "purpose", "number"),
    Event.CODE_WRONG: _d("Codes", "{actor} entered a wrong code to {purpose}", "purpose", "attempt"),
    Event.CODE_RIGHT: _d("Codes", "{actor} entered the right code to {purpose}", "purpose", "scope"),
    Event.CODE_PAUSED: _d("Codes", "Codes for {actor} were paused for {seconds} seconds after {failures} wrong ones",
                          "seconds", "failures"),
    Event.BROWSER_TRUSTED: _d("Browsers", "{actor} will not be asked for a code in this browser for a while"),
    Event.BROWSER_REVOKED: _d("Browsers", "{actor} stopped trusting a browser"),
    Event.SESSION_ENDED: _d("Browsers", "{actor} ended a session"),
    Event.EVERYTHING_REVOKED: _d("Browsers", "{actor} signed out everywhere and trusts no browser any more"),
    Event.NOT_ME_REPORTED: _d("Browsers", "{subject} answered a notice with \"this was not me\""),
    Event.NUMBER_CONFIRMED: _d("Mobile numbers", "{actor} confirmed the mobile number {number}", "number"),
    Event.NUMBER_CHANGED: _d("Mobile numbers", "{actor} changed their mobile number from {old} to {new}", "old", "new"),
    Event.NUMBER_SET_BY_OWNER: _d("Mobile numbers", "{actor} set the mobile number of {subject} from {old} to {new}",
                                  "old", "new"),
    Event.TWO_FACTOR_ON: _d("Two-factor authentication", "{actor} turned two-factor authentication on"),
    Event.TWO_FACTOR_OFF: _d(
        "Two-factor authentication", "Support turned two-factor authentication off: {reason} – by {actor}",
        "reason", "evidence", "how"),
    Event.TWO_FACTOR_OFF_SCHEDULED: _d(
        "Two-factor authentication", "Support will turn two-factor authentication off at {due}: {reason} – by {actor}",
        "reason", "evidence", "due"),
    Event.TWO_FACTOR_OFF_STOPPED: _d(
        "Two-factor authentication", "{actor} stopped support from turning two-factor authentication off"),
    Event.USER_INVITED: _d("Users", "{actor} invited {subject}"),
    Event.INVITATION_ACCEPTED: _d("Users", "{actor} accepted their invitation and chose a password"),
    Event.USER_CHANGED: _d("Users", "{actor} changed {subject}: {changes}", "changes"),
    Event.USER_REMOVED: _d("Users", "{actor} removed {subject}"),
    Event.ACCOUNT_CREATED: _d("Account", "The account was created"),
    Event.ACCOUNT_CHANGED: _d("Account", "{actor} changed the account settings: {changes}", "changes"),
    Event.OWNERSHIP_OFFERED: _d("Account", "{actor} offered the account to {subject}"),
    Event.OWNERSHIP_ACCEPTED: _d("Account", "{actor} became the account owner in place of {subject}"),
    Event.OWNERSHIP_ENDED: _d("Account", "The offer of the account to {subject} ended: {how}", "how"),
    Event.EXPORT_FIXED: _d("Exports", "{actor} prepared an export of {rows} contacts from {list}",
                           "rows", "list", "status", "export"),
    Event.EXPORT_DOWNLOADED: _d("Exports", "{actor} downloaded {rows} contacts from {list} ({state})",
                                "rows", "list", "state", "export", "sha256", "verified"),
    Event.EXPORT_REFUSED: _d("Exports", "{actor} was refused an export: {why}", "why", "export"),
    Event.IMPORT_FINISHED: _d(
        "Contacts", "{actor} imported {file}: {added} added, {updated} updated, {refused} refused",
        "file", "added", "updated", "refused"),
    Event.SUPPORT_CREATED: _d("Support", "{actor} created the support administrator {subject}"),
    Event.SUPPORT_REQUESTED: _d("Support", "A request to support was filed by {actor}: {subject_line}", "subject_line"),
    Event.SUPPORT_LOOKED: _d("Support", "Support looked at the account: {actor}"),
    Event.SUPPORT_REQUEST_CLOSED: _d(
        "Support", "Support closed a request: {subject_line} – by {actor}", "subject_line"),
    Event.ACTIVITY_DOWNLOADED: _d("Account", "{actor} downloaded the activity log"),
}  # fmt: skip

KINDS: list[str] = sorted({declared.kind for declared in DECLARED.values()})
