"""What a contact's status is called on pages, what it means, and which one may be set by hand.

Exports and imports know the values of ContactStatus as they are.
"""

from typing import NamedTuple

from models.contact import ContactStatus
from services.language import N_, gettext


class _Shown(NamedTuple):
    words: str
    meaning: str
    #: Of the badge: "good", "info", "warning", "bad".
    kind: str


_SHOWN: dict[str, _Shown] = {
    ContactStatus.SUBSCRIBED: _Shown(N_("Subscribed"), N_("They get mail."), "good"),
    ContactStatus.PENDING_OPT_IN: _Shown(
        N_("Opt-in pending"), N_("They signed up, and have not confirmed it yet."), "info"
    ),
    ContactStatus.SOFT_BOUNCED: _Shown(
        N_("Soft bounced"), N_("The last mail could not be delivered for now. They still get mail."), "warning"
    ),
    ContactStatus.UNSUBSCRIBED: _Shown(
        N_("Unsubscribed"), N_("They asked for no more mail, and get none. No import subscribes them again."), "bad"
    ),
    ContactStatus.HARD_BOUNCED: _Shown(
        N_("Hard bounced"), N_("Their address takes no mail. They get none."), "bad"
    ),
    ContactStatus.ISP_COMPLAINED: _Shown(
        N_("Reported as spam"), N_("They told their mail provider that a mail was spam. They get none."), "bad"
    ),
    ContactStatus.MAIL_BLOCKED: _Shown(
        N_("Mail blocked"), N_("Their mail server refuses mail from here. They get none."), "bad"
    ),
    ContactStatus.DIRECT_COMPLAINT: _Shown(
        N_("Complained"), N_("They complained about a mail. They get none."), "bad"
    ),
    ContactStatus.SUPPRESSED: _Shown(
        N_("Suppressed"),
        N_("Somebody of your account decided that they never get mail. No import changes that."),
        "bad",
    ),
}  # fmt: skip

#: States in which nobody is written to. An import may move a contact among them, never out of them.
STOPPED = frozenset(
    status.value
    for status in ContactStatus
    if status not in {ContactStatus.SUBSCRIBED, ContactStatus.PENDING_OPT_IN, ContactStatus.SOFT_BOUNCED}
)


def words(status: str) -> str:
    """As a page says it; what this version does not know, as it stands."""
    shown = _SHOWN.get(status)
    return gettext(shown.words) if shown else status


def kind(status: str) -> str:
    """Of its badge."""
    shown = _SHOWN.get(status)
    return shown.kind if shown else "bad"


def meaning(status: str) -> str:
    shown = _SHOWN.get(status)
    return gettext(shown.meaning) if shown else ""


def choices() -> dict[str, str]:
    """{value: words}, in the order of the table."""
    return {str(status): gettext(shown.words) for status, shown in _SHOWN.items()}


def by_hand(now_is: str) -> list[str]:
    """What somebody may set: what it is, or a status with less mail. Only the person subscribes again, by an opt-in."""
    if now_is == ContactStatus.SUPPRESSED:
        return [now_is]
    if now_is in STOPPED:
        return [now_is, ContactStatus.SUPPRESSED.value]
    return [now_is, ContactStatus.UNSUBSCRIBED.value, ContactStatus.SUPPRESSED.value]
