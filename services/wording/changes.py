"""What was changed about a person or an account: kept language-free in the audit log, said when it is read."""

import json
from typing import Final

from services.language import LANGUAGES, N_
from services.language import gettext as _

NAME: Final = "name"
EMAIL: Final = "email"
COMPANY: Final = "company"
COUNTRY: Final = "country"
TIME_ZONE: Final = "time_zone"
LANGUAGE: Final = "language"
MAY_EXPORT: Final = "may_export"
MAY_NOT_EXPORT: Final = "may_not_export"

_WORDS = {
    NAME: N_("name from %(old)s to %(new)s"),
    EMAIL: N_("email address from %(old)s to %(new)s"),
    COMPANY: N_("company name from %(old)s to %(new)s"),
    COUNTRY: N_("country from %(old)s to %(new)s"),
    TIME_ZONE: N_("time zone from %(old)s to %(new)s"),
    LANGUAGE: N_("language from %(old)s to %(new)s"),
    MAY_EXPORT: N_("may export contacts"),
    MAY_NOT_EXPORT: N_("may not export contacts any more"),
}

#: What, and from what to what where that says something.
Change = tuple[str, str, str]


def of(what: str, old: str = "", new: str = "") -> Change:
    return what, old, new


def kept(changes: list[Change]) -> str:
    return json.dumps(changes, ensure_ascii=False, separators=(",", ":"))


def said(stored: str) -> str:
    """ "name from Ben to Benjamin, may export contacts". What an older row holds is words already."""
    if not stored.startswith("[["):
        return stored
    try:
        return ", ".join(_one(what, old, new) for what, old, new in json.loads(stored))
    except (ValueError, KeyError, TypeError):
        return stored


def _one(what: str, old: str, new: str) -> str:
    if what == LANGUAGE:
        old, new = (LANGUAGES.get(code, code) or _("that of the browser") for code in (old, new))
    return _(_WORDS[what], old=old, new=new)
