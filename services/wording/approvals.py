"""What a code approves: completes "your code to …" in a text, in a call and on the code page.

What is kept of it, in an interruption and a message, is language-free: a name and its facts, as JSON. ``said`` makes
the words when somebody reads them. In English they are a verb ("remove Ben"), in German "zum Entfernen von Ben": every
sentence around them leaves "to" to them or to itself, as its own language needs.

A text has room for some sixty characters and is cut at its end, so what matters most comes first, and long names and
addresses are cut here. No whole numbers: texts are read on locked screens.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from services.language import N_, ngettext
from services.language import gettext as _
from services.numbers import ending

#: Characters that a name, and an address, may take up.
_NAME = 14
_ADDRESS = 30
#: What an interruption's row holds.
_LONGEST = 200
#: Of a name or a list, beside the other facts in that row.
_WHOLE_NAME = 100
#: Endings of numbers that are named, one after the other.
_ENDINGS = 30

#: For guards that have nothing more to say.
DOWNLOAD_ACTIVITY = N_("download the activity log")


def said(wording: str) -> str:
    """``wording``, made by a function below, in the language spoken now. A plain one is a message of its own."""
    if not wording.startswith("["):
        return _(wording) if wording else ""
    try:
        name, facts = json.loads(wording)
        return _SAID[name](**facts)
    except (ValueError, KeyError, TypeError):  # of another version, or somebody's own words
        return wording


def _kept(name: str, /, **facts: Any) -> str:
    """As an interruption holds it: what escaping makes too long for its row is cut."""
    while len(kept := json.dumps([name, facts], ensure_ascii=False, separators=(",", ":"))) > _LONGEST:
        longest = max(
            (fact for fact in facts if isinstance(facts[fact], str)), key=lambda fact: len(facts[fact])
        )
        facts[longest] = facts[longest][: -(len(kept) - _LONGEST) // 2 or -1]
    return kept


# --- users


def add_user(email: str, *, may_export: bool) -> str:
    return _kept("add_user", email=_middle_out(email, _ADDRESS), export=may_export)


def _add_user(email: str, export: bool) -> str:
    if export:
        return _("add %(email)s, who may export", email=email)
    return _("add %(email)s", email=email)


def change_user(
    name: str, *, may_export: bool | None = None, email: str | None = None, number: str | None = None
) -> str:
    """What is None stays as it is. ``number``: E.164, "" for none. A right is told first, for it opens the most."""
    facts: dict[str, Any] = {"export": may_export}
    facts["email"] = None if email is None else _middle_out(email, _ADDRESS)
    facts["number"] = ending(number) if number else number
    return _kept("change_user", name=_short(name), **{k: v for k, v in facts.items() if v is not None})


def _change_user(
    name: str, export: bool | None = None, email: str | None = None, number: str | None = None
) -> str:
    told = []
    if export is not None:
        told.append(_("may export") if export else _("may not export"))
    if email is not None:
        told.append(_("email %(email)s", email=email))
    if number is not None:
        told.append(_("number ending in %(ending)s", ending=number) if number else _("no mobile number"))
    return _("change %(name)s: %(changes)s", name=name, changes=", ".join(told))


def remove_user(name: str) -> str:
    return _kept("remove_user", name=name[:_WHOLE_NAME])


def _remove_user(name: str) -> str:
    return _("remove %(name)s", name=name)


# --- mobile numbers


def change_number(name: str, number: str) -> str:
    """``number``: E.164."""
    return _kept("change_number", name=_short(name), ending=ending(number))


def _change_number(name: str, ending: str) -> str:
    return _("change %(name)s's mobile number to one ending in %(ending)s", name=name, ending=ending)


def change_numbers(numbers: Mapping[str, str]) -> str:
    """``numbers``: {public id: E.164 of several people}."""
    endings = [ending(number) for number in numbers.values()]
    return _kept("change_numbers", users=len(endings), endings=", ".join(endings[:_ENDINGS]))


def _change_numbers(users: int, endings: str) -> str:
    return ngettext(
        "change %(num)s user's mobile number, to one ending in %(endings)s",
        "change %(num)s users' mobile numbers, to ones ending in %(endings)s",
        users,
        endings=endings,
    )


def change_own_number(number: str) -> str:
    return _kept("change_own_number", ending=ending(number))


def _change_own_number(ending: str) -> str:
    return _("change your mobile number to one ending in %(ending)s", ending=ending)


def bind_again(name: str) -> str:
    return _kept("bind_again", name=_short(name))


def _bind_again(name: str) -> str:
    return _("let codes be sent to %(name)s again", name=name)


# --- contacts


def export(rows: int, list_name: str = "") -> str:
    """``list_name``: "" for an export of all contacts."""
    return _kept("export", rows=rows, **({"source": list_name[:_WHOLE_NAME]} if list_name else {}))


def _export(rows: int, source: str = "") -> str:
    if not source:
        return ngettext("export %(num)s contact", "export %(num)s contacts", rows)
    return ngettext(
        "export %(num)s contact from %(list)s", "export %(num)s contacts from %(list)s", rows, list=source
    )


def refused_rows(rows: int) -> str:
    return _kept("refused_rows", rows=rows)


def _refused_rows(rows: int) -> str:
    return ngettext(
        "download %(num)s refused row of an import", "download %(num)s refused rows of an import", rows
    )


# --- the account


def offer_account(heir: str) -> str:
    return _kept("offer_account", name=heir[:_WHOLE_NAME])


def _offer_account(name: str) -> str:
    return _("offer the account to %(name)s", name=name)


def become_owner(account: str) -> str:
    return _kept("become_owner", account=account[:_WHOLE_NAME])


def _become_owner(account: str) -> str:
    return _("become the owner of %(account)s", account=account)


def turn_off(account: str) -> str:
    return _kept("turn_off", account=account[:_WHOLE_NAME])


def _turn_off(account: str) -> str:
    return _("turn off two-factor authentication of %(account)s", account=account)


_SAID: dict[str, Callable[..., str]] = {
    "add_user": _add_user,
    "change_user": _change_user,
    "remove_user": _remove_user,
    "change_number": _change_number,
    "change_numbers": _change_numbers,
    "change_own_number": _change_own_number,
    "bind_again": _bind_again,
    "export": _export,
    "refused_rows": _refused_rows,
    "offer_account": _offer_account,
    "become_owner": _become_owner,
    "turn_off": _turn_off,
}


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 3].rstrip() + "..."


def _middle_out(email: str, most: int) -> str:
    """Both ends tell whose it is."""
    if len(email) <= most:
        return email
    kept = most - 3
    return f"{email[: kept // 2]}...{email[-(kept - kept // 2) :]}"
