"""Times in messages and sentences, in the language spoken now."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from services import language
from services.language import gettext as _


def in_full(stored: str, zone: str) -> str:
    """An ISO 8601 time as people there read it: "24 November 2026, 10:05 (Europe/London)"."""
    local = datetime.fromisoformat(stored).astimezone(ZoneInfo(zone))
    return _("%(date)s, %(time)s (%(zone)s)", date=date(local), time=f"{local:%H:%M}", zone=zone)


def in_zone(stored: str, zone: tzinfo, name: str) -> str:
    """ "24 November 2026, 10:05 UTC"."""
    return to_the_minute(datetime.fromisoformat(stored).astimezone(zone), name)


def to_the_minute(local: datetime, zone: str) -> str:
    """ "24 November 2026, 10:05 GMT"."""
    return _("%(date)s, %(time)s %(zone)s", date=date(local), time=f"{local:%H:%M}", zone=zone)


def in_short(stored: str, zone: str) -> str:
    """ "24 Nov 10:05", for texts."""
    local = datetime.fromisoformat(stored).astimezone(ZoneInfo(zone))
    months = language.locale().months["format"]["abbreviated"]
    return _(
        "%(day)s %(short_month)s %(time)s",
        day=f"{local:%d}", short_month=months[local.month], time=f"{local:%H:%M}",
    )  # fmt: skip


def date(local: datetime) -> str:
    """ "24 November 2026"."""
    month = language.month(local.month)
    return _("%(day)s %(month)s %(year)s", day=local.day, month=month, year=str(local.year))
