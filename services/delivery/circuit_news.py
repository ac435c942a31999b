"""Telling the operator that a provider refuses us, and that it takes messages again.

Mails go once an hour for each provider, so that what opens and closes a circuit over and over fills no mailbox. Whoever
was told that sending stopped is told that it goes on. The log and the audit log have all of it.
"""

import logging
from datetime import datetime
from typing import Any

from services import limits
from services.audit import Event, record
from services.sending.operator import tell

_HOUR, _MONTH = 3600, 30 * 86_400


def opened(name: str, reason: str, since: datetime, **place: Any) -> None:
    """Inside write(), as all of these. ``place``: ``channel`` and ``goes_on``, for the words of the mail."""
    record(
        Event.SENDING_STOPPED, account=None, actor=None, actor_label="the site", outcome="failure",
        provider=name, reason=reason,
    )  # fmt: skip
    _stopped(name, reason, mail=_may_mail(name, since), **place)


def still_open(name: str, reason: str, since: datetime, **place: Any) -> None:
    """A mail that was too much when it opened goes when an hour is over and nothing is sent yet."""
    if _may_mail(name, since):
        _stopped(name, reason, mail=True, **place)


def closed(name: str, minutes: int, since: datetime) -> None:
    record(
        Event.SENDING_AGAIN, account=None, actor=None, actor_label="the site", provider=name, minutes=minutes
    )
    was_told = not limits.first_since("told_this_stop", _this(name, since), _MONTH)
    tell(
        "sending_again", "sending by %s works again, after %d minutes", name, minutes,
        level=logging.WARNING, mail=was_told, provider=name, minutes=minutes,
    )  # fmt: skip


def _stopped(name: str, reason: str, *, mail: bool, **place: Any) -> None:
    tell(
        "sending_stopped", "nothing is sent by %s: it refuses us (%s)", name, reason,
        mail=mail, provider=name, reason=reason, **place,
    )  # fmt: skip


def _may_mail(name: str, since: datetime) -> bool:
    """Once for each time that it opens, and once an hour."""
    this = _this(name, since)
    if not limits.first_since("told_this_stop", this, _MONTH):
        return False
    if limits.first_since("told_sending_stopped", name, _HOUR):
        return True
    limits.give_back_each({"told_this_stop": this})
    return False


def _this(name: str, since: datetime) -> str:
    return f"{name} {since.timestamp():.3f}"
