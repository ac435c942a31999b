"""Every kind of security event, with the details it carries and the sentence that tells it.

A tag is ``thing:action``. In a sentence ``{actor}`` and ``{subject}`` are people, the rest are the event's details.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Event(StrEnum):
    PASSWORD_WRONG = "password:wrong"
    PASSWORD_CHANGED = "password:changed"
    PASSWORD_RESET_ASKED = "password:reset_asked"
    PASSWORD_RESET = "password:reset"
    SIGN_IN_COMPLETED = "sign_in:completed"
    SIGN_IN_BLOCKED = "sign_in:blocked"
    SIGN_IN_REFUSED = "sign_in:refused"
    RESET_REFUSED = "password:reset_refused"
    SIGNED_OUT = "sign_in:signed_out"
    CODE_SENT = "code:sent"
    CODE_CALLED = "code:called"
    CODE_WRONG = "code:wrong"
    CODE_RIGHT = "code:right"
    CODE_PAUSED = "code:paused"
    CODE_REFUSED = "code:refused"
    CODES_STOPPED = "code:stopped"
    SIM_CHANGED = "code:sim_changed"
    BROWSER_TRUSTED = "browser:trusted"
    BROWSER_REVOKED = "browser:revoked"
    SESSION_ENDED = "session:ended"
    EVERYTHING_REVOKED = "browser:all_revoked"
    USER_SIGNED_OUT = "session:ended_by_owner"
    ACCOUNT_SIGNED_OUT = "session:ended_by_support"
    NOT_ME_REPORTED = "notice:not_me"
    NUMBER_CONFIRMED = "number:confirmed"
    NUMBER_CHANGED = "number:changed"
    NUMBER_SET_BY_OWNER = "number:set_by_owner"
    NUMBER_BOUND_AGAIN = "number:bound_again"
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
    EXPORT_PREPARED = "export:prepared"
    EXPORT_FILE_READY = "export:file_ready"
    EXPORT_FILE_ENDED = "export:file_ended"
    CONTACT_CHANGED = "contact:changed"
    CONTACT_REMOVED = "contact:removed"
    FIELD_ADDED = "field:added"
    FIELD_REMOVED = "field:removed"
    LIST_REMOVED = "list:removed"
    IMPORT_FINISHED = "import:finished"
    IMPORT_STOPPED = "import:stopped"
    SUPPORT_CREATED = "support:created"
    SUPPORT_REQUESTED = "support:requested"
    SUPPORT_LOOKED = "support:looked"
    SUPPORT_REQUEST_CLOSED = "support:request_closed"
    LOG_ANCHORED = "log:anchored"
    ACTIVITY_DOWNLOADED = "activity:downloaded"
    SMS_BUDGET = "sms:budget"
    CALLS_BUDGET = "calls:budget"
    SMS_PAUSED = "sms:paused"
    SMS_PAUSE_LIFTED = "sms:pause_lifted"
    SMS_TRIAL = "sms:trial"
    SENDING_STOPPED = "sending:stopped"
    SENDING_AGAIN = "sending:again"


_TYPES: dict[str, type] = {"": str, "int": int, "bool": bool}


@dataclass(frozen=True)
class Declared:
    sentence: str
    #: The details that may be recorded, each with its type; anything else is a mistake and raises.
    types: dict[str, type] = field(default_factory=dict)
    #: Heading under which the activity page can filter it.
    kind: str = ""

    @property
    def details(self) -> frozenset[str]:
        return frozenset(self.types)


def _d(kind: str, sentence: str, *details: str) -> Declared:
    """``details``: "name" for text, "name:int" for a whole number, "name:bool" for yes or no."""
    parts = (detail.partition(":") for detail in details)
    return Declared(sentence, {name: _TYPES[type_] for name, _, type_ in parts}, kind)


DECLARED: dict[Event, Declared] = {
    Event.PASSWORD_WRONG: _d("Sign-in", "Someone entered a wrong password for {subject}"),
    Event.PASSWORD_CHANGED: _d("Password", "{actor} changed their password"),
    Event.PASSWORD_RESET_ASKED: _d("Password", "A link to set a new password was asked for {subject}"),
    Event.PASSWORD_RESET: _d("Password", "{actor} set a new password with a link from a mail"),
    Event.SIGN_IN_COMPLETED: _d("Sign-in", "{actor} signed in ({second_step})", "second_step"),
    Event.SIGN_IN_BLOCKED: _d("Sign-in", "{actor} could not sign in: {why}", "why"),
    Event.SIGN_IN_REFUSED: _d(
        "Sign-in", "Tries to sign in as {subject} were not looked at: too many wrong passwords for this {limit}",
        "limit"),
    Event.RESET_REFUSED: _d(
        "Password", "No more links to set a new password were mailed: too many for one {limit}", "limit"),
    Event.SIGNED_OUT: _d("Sign-in", "{actor} signed out"),
    Event.CODE_SENT: _d("Codes", "A code to {purpose} was sent to {number} for {actor}", "purpose", "number"),
    Event.CODE_CALLED: _d(
        "Codes", "{number} was called with a code to {purpose} for {actor}", "purpose", "number"
    ),
    Event.CODE_WRONG: _d("Codes", "{actor} entered a wrong code to {purpose}", "purpose", "attempt:int"),
    Event.CODE_RIGHT: _d("Codes", "{actor} entered the right code to {purpose}", "purpose", "scope"),
    Event.CODE_PAUSED: _d("Codes", "Codes for {actor} were paused for {seconds} seconds after {failures} wrong ones",
                          "seconds:int", "failures:int"),
    Event.CODE_REFUSED: _d(
        "Codes", "{actor} entered codes that were not looked at: too many wrong ones of this {limit}", "limit"),
    Event.CODES_STOPPED: _d(
        "Codes", "Codes for {actor} were stopped after {failures} wrong ones, until the number is bound again",
        "failures:int"),
    Event.SIM_CHANGED: _d(
        "Codes",
        "No code to {purpose} was sent to {number} for {actor}: "
        "its SIM was changed less than {hours} h before ({status})",
        "purpose", "number", "hours:int", "status"),
    Event.BROWSER_TRUSTED: _d("Browsers", "{actor} will not be asked for a code in this browser for a while"),
    Event.BROWSER_REVOKED: _d("Browsers", "{actor} stopped trusting a browser"),
    Event.SESSION_ENDED: _d("Browsers", "{actor} ended a session"),
    Event.EVERYTHING_REVOKED: _d("Browsers", "{actor} signed out everywhere and trusts no browser any more"),
    Event.USER_SIGNED_OUT: _d("Browsers", "{actor} signed {subject} out everywhere"),
    Event.ACCOUNT_SIGNED_OUT: _d("Support", "Support signed everyone out: {reason} – by {actor}", "reason"),
    Event.NOT_ME_REPORTED: _d("Browsers", "{subject} answered a notice with \"this was not me\""),
    Event.NUMBER_CONFIRMED: _d("Mobile numbers", "{actor} confirmed the mobile number {number}", "number"),
    Event.NUMBER_CHANGED: _d("Mobile numbers", "{actor} changed their mobile number from {old} to {new}", "old", "new"),
    Event.NUMBER_SET_BY_OWNER: _d("Mobile numbers", "{actor} set the mobile number of {subject} from {old} to {new}",
                                  "old", "new"),
    Event.NUMBER_BOUND_AGAIN: _d(
        "Mobile numbers", "{actor} let codes be sent to the number of {subject} again", "how"),
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
    Event.EXPORT_PREPARED: _d(
        "Exports", "{actor} had the file of an export of {rows} contacts from {list} prepared for download",
        "rows:int", "list", "export"),
    Event.EXPORT_FILE_READY: _d(
        "Exports", "The file of an export of {rows} contacts from {list} is ready for {actor}",
        "rows:int", "list", "export", "sha256"),
    Event.EXPORT_FILE_ENDED: _d(
        "Exports", "The prepared file of an export from {list} was deleted: {why} – by {actor}",
        "list", "export", "why"),
    Event.EXPORT_FIXED: _d("Exports", "{actor} prepared an export of {rows} contacts from {list}",
                           "rows:int", "list", "status", "export"),
    Event.EXPORT_DOWNLOADED: _d("Exports", "{actor} downloaded {rows} contacts from {list} ({state})",
                                "rows:int", "list", "state", "export", "sha256", "verified:bool"),
    Event.EXPORT_REFUSED: _d("Exports", "{actor} was refused an export: {why}", "why", "export"),
    Event.CONTACT_CHANGED: _d(
        "Contacts", "{actor} changed the contact {contact}: {changes}", "contact", "changes"),
    Event.CONTACT_REMOVED: _d("Contacts", "{actor} removed the contact {contact}", "contact"),
    Event.FIELD_ADDED: _d("Contacts", "{actor} added the data field {field}", "field"),
    Event.FIELD_REMOVED: _d(
        "Contacts", "{actor} removed the data field {field} and what contacts held in it", "field"),
    Event.LIST_REMOVED: _d(
        "Contacts", "{actor} removed the list {list}; its {contacts} contacts stayed", "list", "contacts:int"),
    Event.IMPORT_FINISHED: _d(
        "Contacts", "{actor} imported {file}: {added} added, {updated} updated, {refused} refused",
        "file", "added:int", "updated:int", "refused:int"),
    Event.IMPORT_STOPPED: _d(
        "Contacts", "{actor} stopped the import of {file} after {rows} rows", "file", "rows:int"),
    Event.SUPPORT_CREATED: _d("Support", "{actor} created the support administrator {subject}"),
    Event.SUPPORT_REQUESTED: _d("Support", "A request to support was filed by {actor}: {subject_line}", "subject_line"),
    Event.SUPPORT_LOOKED: _d("Support", "Support looked at the account: {actor}"),
    Event.SUPPORT_REQUEST_CLOSED: _d(
        "Support", "Support closed a request: {subject_line} – by {actor}", "subject_line"),
    Event.SMS_BUDGET: _d("Sending", "{percent} % of the budget of texts are used: {used} of {limit}",
                         "percent:int", "used:int", "limit:int"),
    Event.CALLS_BUDGET: _d("Sending", "{percent} % of the budget of calls are used: {used} of {limit}",
                           "percent:int", "used:int", "limit:int"),
    Event.SMS_PAUSED: _d(
        "Sending",
        "Codes to new numbers of {area} are paused for {hours} h for {for_whom}: {verified} of {texts} came back",
        "area", "for_whom", "texts:int", "verified:int", "hours:int"),
    Event.SMS_PAUSE_LIFTED: _d("Sending", "{actor} lifted the pause of codes to new numbers of {area}", "area"),
    Event.SMS_TRIAL: _d("Sending", "{actor} sent a text to {number} to see whether texts arrive", "number"),
    Event.SENDING_STOPPED: _d("Sending", "Nothing is sent by {provider}: it refuses us ({reason})",
                              "provider", "reason"),
    Event.SENDING_AGAIN: _d("Sending", "Sending by {provider} works again, after {minutes} minutes",
                            "provider", "minutes:int"),
    Event.LOG_ANCHORED: _d(
        "Account", "The ends of {chains} logs were written into the site's own", "chains:int", "heads"),
    Event.ACTIVITY_DOWNLOADED: _d("Account", "{actor} downloaded the activity log"),
}  # fmt: skip

KINDS: list[str] = sorted({declared.kind for declared in DECLARED.values()})
