"""What a person is about to send once more, as they read it: by the labels of its form, not the names of its fields."""

from services.disabling import EVIDENCE
from services.language import N_
from services.language import gettext as _

_LABELS = {
    "account_name": N_("Name of the account"),
    "can_export": N_("May export contacts"),
    "company_name": N_("Company name"),
    "email": N_("Email address"),
    "evidence": N_("How you made sure who asks"),
    "mobile_number": N_("Mobile number"),
    "name": N_("Name"),
    "reason": N_("Reason"),
    "region": N_("Country"),
    "time_zone": N_("Time zone"),
    "two_factor_enabled": N_("Two-factor authentication"),
    "why": N_("Reason"),
}
_TICKS = {"can_export", "two_factor_enabled"}
#: An id says nothing to anybody.
_UNREAD = {"request_id"}


def entered(kept: dict[str, list[str]]) -> list[tuple[str, str]]:
    """(label, value) for each field that was filled in: nothing of what they are about to send is hidden from them."""
    fields = [(name.partition("-")[0], value) for name, values in kept.items() for value in values]
    return [(_label(name), _value(name, value)) for name, value in fields if value and name not in _UNREAD]


def _label(name: str) -> str:
    """A field of another site's form by its name."""
    return _(_LABELS[name]) if name in _LABELS else name.replace("_", " ").capitalize()


def _value(name: str, value: str) -> str:
    if name == "evidence":
        return _(EVIDENCE[value]) if value in EVIDENCE else value
    return _("Yes") if name in _TICKS else value
