"""What a data field holds, by its type: read as people write it, kept in one form, shown as it is kept."""

import re
from datetime import date

from models.contact import DataFieldType, EmailType, OptInType
from services.language import N_, gettext

_NUMBER = re.compile(r"[-+]?\d{1,30}(\.\d{1,30})?", re.ASCII)

#: What each type is called.
TYPES: dict[str, str] = {
    DataFieldType.TEXT: N_("Text"),
    DataFieldType.NUMBER: N_("Number"),
    DataFieldType.DATE: N_("Date"),
    DataFieldType.YES_NO: N_("Yes or no"),
}


_OPT_INS: dict[str, str] = {
    OptInType.UNKNOWN: N_("Unknown"),
    OptInType.SINGLE: N_("Single: they signed up"),
    OptInType.DOUBLE: N_("Double: they signed up and confirmed it by mail"),
    OptInType.VERIFIED_DOUBLE: N_("Verified double: they confirmed it by mail, and that is on record"),
}
_EMAIL_TYPES: dict[str, str] = {EmailType.HTML: N_("HTML"), EmailType.PLAIN_TEXT: N_("Plain text")}


class NotOfThisType(ValueError):
    """``str()`` says to the person what to write."""


def type_words(type_: str) -> str:
    return _said(TYPES, type_)


def opt_in_words(opt_in_type: str) -> str:
    return _said(_OPT_INS, opt_in_type)


def email_type_words(email_type: str) -> str:
    return _said(_EMAIL_TYPES, email_type)


def _said(table: dict[str, str], value: str) -> str:
    """What this version does not know is shown as it stands."""
    return gettext(table[value]) if value in table else value


def canonical(type_: str, written: str) -> str:
    """``written`` as it is kept; "" stays "". Raises NotOfThisType."""
    if not written or type_ == DataFieldType.TEXT:
        return written
    if type_ == DataFieldType.NUMBER:
        if not _NUMBER.fullmatch(written):
            raise NotOfThisType(gettext("Enter a number, like 12 or 12.5"))
        return written.removeprefix("+")
    if type_ == DataFieldType.DATE:
        try:
            return date.fromisoformat(written).isoformat()
        except ValueError:
            raise NotOfThisType(gettext("Enter a date as year-month-day, like 2026-03-31")) from None
    if written not in {"true", "false"}:
        raise NotOfThisType(gettext("Choose yes or no"))
    return written
