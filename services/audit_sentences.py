"""Audit events in words, for those who read them, in the language spoken now. Rows hold none but people's own and a few
of ours in English. Whatever an old or foreign row holds, it reads as something."""

from datetime import UTC

from models.audit import AuditEvent
from services.audit_events import DECLARED, Event
from services.language import N_, thousands
from services.language import gettext as _
from services.wording import changes, lists, times

_TIMES = frozenset({"due"})
#: Details that only this program puts words into.
_OURS = frozenset({"purpose", "second_step", "why", "limit", "how", "state"})
#: Details that hold people's words, but for these.
_SOMETIMES_OURS = {
    "for_whom": {N_("everybody")},
    "old": {N_("none")},
    "new": {"none"},
    "address": {N_("command line"), N_("internal"), N_("worker")},
    "actor": {N_("the site"), N_("The system"), N_("command line"), N_("someone who was not signed in")},
}
#: The rest of our words that stand in rows, for the catalogue; what a code is for is in services/codes/purposes.py.
WORDS = (
    N_("password"), N_("password, trusted browser"), N_("password and code"),
    N_("there is no mobile number to send a code to"), N_("no permission to export"),
    N_("its time is over, or its list is gone"), N_("its person may not export any more"),
    N_("name"), N_("network"), N_("session"), N_("account"),
    N_("withdrawn by the owner"), N_("declined"), N_("the user was removed"),
    N_("complete"), N_("partial"), N_("begun"),
)  # fmt: skip
HEADINGS = (
    N_("Sign-in"), N_("Password"), N_("Codes"), N_("Browsers"), N_("Support"), N_("Mobile numbers"),
    N_("Two-factor authentication"), N_("Users"), N_("Account"), N_("Exports"), N_("Contacts"), N_("Sending"),
)  # fmt: skip


def sentence(event: AuditEvent) -> str:
    """What happened, as a sentence: "Ana (ana@acme.example) signed in (password and code)"."""
    actor = _word("actor", event.actor_label) if event.actor_label else _("Someone")
    try:
        words = _(DECLARED[Event(event.event)].sentence)
    except ValueError:  # written by a newer version, or by one that knew more
        return f"{actor}: {event.event}"
    details = event.details or {}
    names = {"actor": actor, "subject": event.subject_label or _("someone")}
    return words.format_map(_Words({name: _word(name, value) for name, value in details.items()} | names))


def kind(event: AuditEvent) -> str:
    """The heading it is filed under: "Sign-in"; "Other" for what this version does not know."""
    try:
        return _(DECLARED[Event(event.event)].kind)
    except ValueError:
        return _("Other")


def address(event: AuditEvent) -> str:
    """Where it came from: an address, or our word for what has none."""
    return _word("address", event.address)


def _word(name: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return thousands(value)
    if not isinstance(value, str) or not value:  # gettext("") is about the catalogue itself
        return str(value)
    if name in _TIMES:
        return _moment(value)
    if name == "changes":
        return changes.said(value)
    if name == "list":
        return lists.said(value)
    return _(value) if name in _OURS or value in _SOMETIMES_OURS.get(name, ()) else value


def _moment(value: str) -> str:
    try:
        return times.in_zone(value, UTC, "UTC")
    except ValueError:
        return value


class _Words(dict[str, str]):
    """A detail that an older row does not have leaves a gap, not a fault."""

    def __missing__(self, name: str) -> str:
        return "?"
