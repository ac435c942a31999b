"""Who was stopped because the SIM of their number had just been changed, and for how long."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from config import settings
from extensions import db
from models.challenge import Challenge
from models.number_insight import NumberInsight
from services.clock import now, seconds_until
from services.limits import LimitExceeded

#: In ``Challenge.outcome``, ``Outlook.reason`` and ``LimitExceeded.name``.
SIM_CHANGED = "sim_changed"


class SimChanged(LimitExceeded):
    """The SIM of the number that the code would go to was changed; ``retry_after``: until that does not count."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(SIM_CHANGED, retry_after)


@dataclass(frozen=True)
class Change:
    """``at``: None where the provider does not say when. ``until``: when codes go out again."""

    at: datetime | None
    until: datetime

    @property
    def hours_ago(self) -> int | None:
        """Whole hours."""
        return None if self.at is None else max(0, int((now() - self.at).total_seconds()) // 3600)


def changed_sim(number: str) -> Change | None:
    """The change of the SIM of ``number`` (E.164) that counts now. Asks nobody but the database."""
    if not settings().identity_insights:
        return None
    found = db.session.execute(
        select(NumberInsight.sim_changed_at, NumberInsight.sim_until).where(
            NumberInsight.number == number, NumberInsight.sim_changed, NumberInsight.sim_until > now()
        )
    ).one_or_none()
    return Change(found.sim_changed_at, found.sim_until) if found and found.sim_until else None


def seconds_stopped(user_id: int, number: str) -> int:
    """For how long yet codes that prove an old number do not go to this one for this user; 0: they may go.

    Only who was stopped and told once is refused without the worker: of two people with one phone both are told.
    """
    if not settings().identity_insights:
        return 0
    told = select(Challenge.id).where(
        Challenge.user_id == user_id,
        Challenge.destination == number,
        Challenge.outcome == SIM_CHANGED,
        Challenge.spent_at >= NumberInsight.sim_asked_at,
    )
    until = db.session.scalar(
        select(NumberInsight.sim_until).where(
            NumberInsight.number == number,
            NumberInsight.sim_changed,
            NumberInsight.sim_until > now(),
            told.exists(),
        )
    )
    return seconds_until(until)


def refuse(user_id: int, number: str) -> None:
    """Raise SimChanged where such a code would be stopped by the worker again."""
    left = seconds_stopped(user_id, number)
    if left:
        raise SimChanged(left)
