"""The site's budgets of texts (LIMIT_SMS_SITE) and calls (LIMIT_CALLS_SITE): how much of them is used, and telling the
operator in time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.sms import SmsAlarm
from services import limits
from services.audit import Event, record
from services.sending.operator import tell
from services.unit_of_work import write
from services.upsert import insert

#: The operator is told when so much is used, once a period each.
ALARMS = (80, 100)


@dataclass(frozen=True)
class Budget:
    """``used`` texts of ``limit`` since ``since``: codes, and notices, which are counted but never refused for it."""

    used: int
    limit: int
    since: datetime

    @property
    def percent(self) -> int:
        return self.used * 100 // self.limit


def today() -> Budget:
    return Budget(*limits.used("sms_site", "sms_notices_account"))


def calls_today() -> Budget:
    return Budget(*limits.used("calls_site"))


def watch() -> None:
    """Tell the operator what they have not been told. Called by every worker's sweep; one of them tells."""
    _watch_texts()
    _watch_calls()


def _watch_texts() -> None:
    found = today()
    reached = [percent for percent in ALARMS if found.percent >= percent]
    if not reached:
        return
    with write():
        fresh = [percent for percent in reached if _first(found.since, percent)]
        if not fresh:
            return
        facts: dict[str, Any] = {"percent": max(fresh), "used": found.used, "limit": found.limit}
        record(Event.SMS_BUDGET, account=None, actor=None, actor_label="the site", outcome="failure", **facts)
        tell(
            "sms_budget",
            "texts: %d of %d of the budget (LIMIT_SMS_SITE) are used%s",
            found.used, found.limit, "; no more codes are sent" if found.percent >= 100 else "",
            **facts,
        )  # fmt: skip


def _watch_calls() -> None:
    found = calls_today()
    reached = [percent for percent in ALARMS if found.percent >= percent]
    if not reached:
        return
    _, period = limits.rate_of("calls_site")
    with write():
        fresh = [
            percent
            for percent in reached
            if limits.first_since("told_calls_site", f"{found.since.isoformat()} {percent}", 2 * period)
        ]
        if not fresh:
            return
        facts: dict[str, Any] = {"percent": max(fresh), "used": found.used, "limit": found.limit}
        record(
            Event.CALLS_BUDGET, account=None, actor=None, actor_label="the site", outcome="failure", **facts
        )
        tell(
            "calls_budget",
            "calls: %d of %d of the budget (LIMIT_CALLS_SITE) are used%s",
            found.used, found.limit, "; nobody is called any more" if found.percent >= 100 else "",
            **facts,
        )  # fmt: skip


def _first(since: datetime, percent: int) -> bool:
    with write() as session:
        added = session.execute(
            insert(SmsAlarm)
            .values(window_start=since, percent=percent)
            .on_conflict_do_nothing()
            .returning(SmsAlarm.percent)
        )
        return added.scalar_one_or_none() is not None
