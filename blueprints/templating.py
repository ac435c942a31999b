"""What templates can say: words for times, numbers and sizes, and the attributes of form fields."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.support import LazyProxy
from flask import Flask, g
from wtforms import Field

from services import language
from services.clock import now
from services.language import gettext as _
from services.language import ngettext, thousands
from services.wording import times

SOON = timedelta(seconds=45)


class _Unit(NamedTuple):
    """A length of time in words: by itself, past and to come. Languages bend the three differently."""

    size: timedelta
    length: Callable[[int], str]
    ago: Callable[[int], str]
    ahead: Callable[[int], str]


_UNITS = (
    _Unit(
        timedelta(days=1),
        lambda n: ngettext("%(num)s day", "%(num)s days", n),
        lambda n: ngettext("%(num)s day ago", "%(num)s days ago", n),
        lambda n: ngettext("in %(num)s day", "in %(num)s days", n),
    ),
    _Unit(
        timedelta(hours=1),
        lambda n: ngettext("%(num)s hour", "%(num)s hours", n),
        lambda n: ngettext("%(num)s hour ago", "%(num)s hours ago", n),
        lambda n: ngettext("in %(num)s hour", "in %(num)s hours", n),
    ),
    _Unit(
        timedelta(minutes=1),
        lambda n: ngettext("%(num)s minute", "%(num)s minutes", n),
        lambda n: ngettext("%(num)s minute ago", "%(num)s minutes ago", n),
        lambda n: ngettext("in %(num)s minute", "in %(num)s minutes", n),
    ),
)


def register(app: Flask) -> None:
    """Give the templates of `app` the filters below."""
    app.jinja_env.filters.update(
        when_words=when_words,
        date_words=date_words,
        exact_time=exact_time,
        iso_time=iso_time,
        duration_words=duration_words,
        thousands=thousands,
        file_size=file_size,
        first_error=first_error,
        input_attributes=input_attributes,
        dashed=dashed,
        slug=slug,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def display_zone() -> ZoneInfo:
    """The account's time zone once its user is loaded (`g.time_zone`, an IANA name), else UTC."""
    try:
        return ZoneInfo(g.get("time_zone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def iso_time(at: datetime) -> str:
    """For <time datetime>: "2026-11-24T06:51:00Z"."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def exact_time(at: datetime) -> str:
    """ "24 November 2026, 06:51 GMT", in the account's zone."""
    local = at.astimezone(display_zone())
    return times.to_the_minute(local, f"{local:%Z}")


def when_words(at: datetime) -> str:
    """ "2 minutes ago", "in 3 hours"; from a week on, the date: "3 March", with the year if it is another."""
    distance = now() - at
    size = abs(distance)
    if size < SOON:
        return _("just now") if distance >= timedelta(0) else _("in a moment")
    if size >= timedelta(days=7):
        return date_words(at)
    unit, number = _rounded(size)
    return unit.ago(number) if distance > timedelta(0) else unit.ahead(number)


def date_words(at: datetime) -> str:
    """ "3 March", in the account's zone; with the year if it is another."""
    local, today = at.astimezone(display_zone()), now().astimezone(display_zone())
    if local.year != today.year:
        return times.date(local)
    return _("%(day)s %(month)s", day=local.day, month=language.month(local.month))


def duration_words(seconds: float | timedelta) -> str:
    """ "1 minute", "3 hours", "40 seconds"; rounded so that it never promises too little."""
    length = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
    if length < timedelta(minutes=1):
        return ngettext("%(num)s second", "%(num)s seconds", max(1, round(length.total_seconds())))
    unit, number = _rounded(length, up=True)
    return unit.length(number)


def ago_words(seconds: float) -> str:
    """ "40 seconds ago", "3 minutes ago": as exact as duration_words."""
    if seconds < 60:
        return ngettext("%(num)s second ago", "%(num)s seconds ago", max(1, round(seconds)))
    unit, number = _rounded(timedelta(seconds=seconds), up=True)
    return unit.ago(number)


def _rounded(length: timedelta, up: bool = False) -> tuple[_Unit, int]:
    for unit in _UNITS:
        if length >= unit.size:
            return unit, -(-length // unit.size) if up else length // unit.size
    return _UNITS[-1], 1


def file_size(size: int) -> str:
    """Bytes in the unit that reads best: "640 bytes", "1.4 MB"."""
    if size < 1000:
        return ngettext("%(num)s byte", "%(num)s bytes", size)
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.5 or unit == "GB":
            break
    return f"{amount:.0f} {unit}" if amount >= 10 else f"{language.decimal(f'{amount:.1f}')} {unit}"


def first_error(field: Field) -> str:
    """The message to show for a field. Fields within it (a date in parts, say) may hold their own."""
    found: Any = field.errors
    while not isinstance(found, str | LazyProxy) and found:
        found = next(iter(found.values() if isinstance(found, Mapping) else found))
    return str(found or "")


def input_attributes(field: Field, hint: str | None, css: str, given: dict[str, Any]) -> dict[str, Any]:
    """Attributes for rendering `field`: those `given` to the macro, tied to its hint and error.

    The browser neither limits nor checks what is typed: `required` and the like are left to the server.
    """
    about = [f"{field.id}-hint"] if hint else []
    if field.errors:
        about.append(f"{field.id}-error")
    quiet = dict.fromkeys(("required", "maxlength", "minlength", "pattern", "min", "max", "step"), False)
    return {
        **quiet,
        **dashed(given),
        "class": " ".join(part for part in (css, given.get("class")) if part) or False,
        "aria-describedby": " ".join(about) or False,
        "aria-invalid": "true" if field.errors else False,
    }


def dashed(attributes: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments as attributes: data_open="x" -> data-open="x"; True is an attribute without value."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    given = {name: value for name, value in named.items() if value is not None and value is not False}
    return {name: "" if value is True else value for name, value in given.items()}


def slug(text: str) -> str:
    """A title as an id: "Mobile numbers" -> "mobile-numbers"."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
