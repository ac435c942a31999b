"""How many of the codes that are sent come back, by country and range of numbers; a sudden drop pauses new numbers.

Texts to ranges that pay whoever asked for them ("pumping") have no reader. Only texts to numbers that their user has
not confirmed are judged, and only such numbers are paused: nobody who has signed in with a phone loses it to this.
Where one account is the cause, the pause is for that account alone. When codes come back nowhere, texts do not arrive:
that is no reason to pause anything.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, cast, func, or_, select

from config import parse_rate, settings
from extensions import db
from models.account import Account
from models.challenge import Challenge
from models.sms import SmsPause
from models.user import User
from services.audit import Event, record
from services.clock import now
from services.sending.operator import tell
from services.unit_of_work import write

#: What is usual is read from so long a time.
_BASE = timedelta(days=7)
#: Fewer texts say nothing of what is usual.
_ENOUGH = 20
#: Newest codes that are looked at to see whether any arrive.
_LOOKED_AT = 20_000


@dataclass
class Tally:
    """Codes texted, and those that came back."""

    texts: int = 0
    verified: int = 0
    by_account: dict[int | None, "Tally"] = field(default_factory=dict)

    @property
    def percent(self) -> float:
        return 100 * self.verified / self.texts if self.texts else 100.0

    def add(self, account_id: int | None, texts: int, verified: int) -> None:
        self.texts += texts
        self.verified += verified
        own = self.by_account.setdefault(account_id, Tally())
        own.texts, own.verified = own.texts + texts, own.verified + verified

    @property
    def says_something(self) -> bool:
        return self.texts >= _ENOUGH

    def without(self, other: "Tally") -> "Tally":
        return Tally(self.texts - other.texts, self.verified - other.verified)


Tallies = dict[str, Tally]
#: The key under which all are added up.
_ALL = ""


def _is_over() -> ColumnElement[bool]:
    """Entered, given up or expired: a code that can still come back is not judged."""
    return or_(Challenge.spent_at.is_not(None), Challenge.expires_at <= now())


def _tally(since: datetime, until: datetime | None = None, *, without: Collection[str] = ()) -> Tallies:
    """By range, by country and in all: texts to unconfirmed numbers whose code came back or cannot any more.

    ``without``: ranges and countries that are left out.
    """
    verified = func.sum(cast(Challenge.outcome == "verified", Integer))
    statement = (
        select(Challenge.country, Challenge.prefix, User.account_id, func.count(), func.coalesce(verified, 0))
        .join(User, User.id == Challenge.user_id)
        .where(
            Challenge.proved.is_(False),
            Challenge.created_at > since,
            Challenge.sends > 0,
            _is_over(),
        )
        .group_by(Challenge.country, Challenge.prefix, User.account_id)
    )
    if until is not None:
        statement = statement.where(Challenge.created_at <= until)
    found: Tallies = {}
    for country, prefix, account_id, texts, came_back in db.session.execute(statement):
        if prefix in without or country in without:
            continue
        for area in (prefix, country, _ALL):
            found.setdefault(area, Tally()).add(account_id, texts, came_back)
    return found


def watch() -> None:
    """Pause what has dropped. Called by every worker's sweep."""
    config = settings()
    if not config.sms_pause_below:
        return
    ranges = _look_at(config.sms_pause_after, lambda area: area.startswith("+"))
    # A country is not judged by the ranges that were found bad already.
    _look_at(config.sms_pause_country_after, lambda area: area.isalnum(), without=ranges)


def _look_at(rule: str, which: Callable[[str], bool], *, without: Collection[str] = ()) -> list[str]:
    """Pause those of ``which`` areas that have dropped; returns all that look as if they had."""
    enough, period = parse_rate(rule)
    since = now() - timedelta(seconds=period)
    recent = _tally(since, without=without)
    suspects = {area: tally for area, tally in recent.items() if which(area) and _has_dropped(tally, enough)}
    if suspects:
        _judge(suspects, since, enough)
    return list(suspects)


def _has_dropped(tally: Tally, enough: int) -> bool:
    return tally.texts >= enough and tally.percent < settings().sms_pause_below


def _judge(suspects: Tallies, since: datetime, enough: int) -> None:
    judged = _paused_since(since)
    causes = {area: _one_cause(tally, enough) for area, tally in suspects.items()}
    fresh = {
        area: account_id
        for area, account_id in causes.items()
        if (area, account_id) not in judged and (area, None) not in judged
    }
    if not fresh or _texts_arrive_nowhere(since):
        return
    # What was paused lately is no measure of what is usual.
    week = now() - _BASE
    before = _tally(week, since, without={area for area, _ in _paused_since(week)})
    for area, account_id in fresh.items():
        if _is_usually_better(area, before):
            tally = suspects[area]
            _pause(area, account_id, tally.by_account[account_id] if account_id is not None else tally)


def _texts_arrive_nowhere(since: datetime) -> bool:
    """Whether codes to confirmed numbers do not come back either: a fault of the provider's, or ours.

    By people, not by texts: whoever holds a few stolen passwords cannot make it look so. Among the newest codes; where
    too few people were sent one, nothing is known.
    """
    newest = db.session.scalar(select(func.max(Challenge.id))) or 0
    verified = case((Challenge.outcome == "verified", Challenge.user_id))
    people, answered = db.session.execute(
        select(func.count(Challenge.user_id.distinct()), func.count(verified.distinct())).where(
            Challenge.id > newest - _LOOKED_AT,
            Challenge.proved,
            Challenge.created_at > since,
            Challenge.sends > 0,
            _is_over(),
        )
    ).one()
    found = Tally(people, answered)
    return found.says_something and found.percent < settings().sms_pause_below


def _is_usually_better(area: str, before: Tallies) -> bool:
    """By its own week before, else by the whole site's; a site too young to know takes a range for a bad one."""
    for known in (before.get(area), before.get(_ALL)):
        if known is not None and known.says_something:
            return known.percent >= settings().sms_pause_base
    return area.startswith("+")


def _one_cause(tally: Tally, enough: int) -> int | None:
    """The account without which nothing would have dropped, if there is one."""
    account_id, worst = max(
        tally.by_account.items(), key=lambda item: (item[1].texts - item[1].verified, item[0] or 0)
    )
    alone = _has_dropped(worst, enough) and not _has_dropped(tally.without(worst), enough)
    return account_id if alone else None


def _paused_since(since: datetime) -> set[tuple[str, int | None]]:
    """What is paused, or was since then. So a pause that was lifted is not set again for the same texts."""
    found = db.session.execute(select(SmsPause.area, SmsPause.account_id).where(SmsPause.until > since))
    return {(area, account_id) for area, account_id in found}


def _pause(area: str, account_id: int | None, tally: Tally) -> None:
    seconds = settings().sms_pause_for
    with write() as session:
        moment = now()
        session.add(
            SmsPause(
                area=area, account_id=account_id, created_at=moment, until=moment + timedelta(seconds=seconds),
                texts=tally.texts, verified=tally.verified,
            )
        )  # fmt: skip
        account = session.get(Account, account_id) if account_id is not None else None
        facts: dict[str, Any] = {
            "area": area, "for_whom": account.name if account else "everybody", "texts": tally.texts,
            "verified": tally.verified, "hours": max(1, round(seconds / 3600)),
        }  # fmt: skip
        record(Event.SMS_PAUSED, account=None, actor=None, actor_label="the site", outcome="failure", **facts)
        tell(
            "sms_paused",
            "texts: new numbers of %s are paused for %s h: %d of %d codes came back",
            area, facts["hours"], tally.verified, tally.texts,
            **facts,
        )  # fmt: skip


# --- for reading


@dataclass(frozen=True)
class DayFigures:
    """Codes texted and entered on one day (UTC, "2026-11-24"), by country and range; ``proved``: known numbers."""

    day: str
    country: str
    prefix: str
    proved: bool
    texts: int
    verified: int


def by_day(days: int) -> list[DayFigures]:
    """Newest first, back to ``days`` days ago. Codes are kept for 30 days."""
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    return [row for back in range(days) for row in _of_day(midnight - timedelta(days=back))]


def _of_day(start: datetime) -> list[DayFigures]:
    verified = func.sum(cast(Challenge.outcome == "verified", Integer))
    where = (Challenge.country, Challenge.prefix, Challenge.proved)
    statement = (
        select(*where, func.count(), func.coalesce(verified, 0))
        .where(
            Challenge.created_at >= start,
            Challenge.created_at < start + timedelta(days=1),
            Challenge.sends > 0,
        )
        .group_by(*where)
        .order_by(*where)
    )
    return [DayFigures(start.date().isoformat(), *row) for row in db.session.execute(statement)]
