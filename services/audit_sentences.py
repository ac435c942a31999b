"""Audit events in words, for those who read them. Whatever an old or foreign row holds, it reads as something."""

from datetime import UTC, datetime

from models.audit import AuditEvent
from services.audit_events import DECLARED, Event

_TIMES = frozenset({"due"})


def sentence(event: AuditEvent) -> str:
    """What happened, as a sentence: "Ana (ana@acme.example) signed in (password and code)"."""
    try:
        words = DECLARED[Event(event.event)].sentence
    except ValueError:  # written by a newer version, or by one that knew more
        return f"{event.actor_label or 'Someone'}: {event.event}"
    details = event.details or {}
    names = {"actor": event.actor_label or "Someone", "subject": event.subject_label or "someone"}
    return words.format_map(_Words({name: _word(name, value) for name, value in details.items()} | names))


def kind(event: AuditEvent) -> str:
    """The heading it is filed under: "Sign-in"; "Other" for what this version does not know."""
    try:
        return DECLARED[Event(event.event)].kind
    except ValueError:
        return "Other"


def _word(name: str, value: object) -> str:
    if name in _TIMES and isinstance(value, str):
        return _moment(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _moment(value: str) -> str:
    try:
        at = datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        return value
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


class _Words(dict[str, str]):
    """A detail that an older row does not have leaves a gap, not a fault."""

    def __missing__(self, name: str) -> str:
        return "?"
