"""How long to wait between two texts to one person, over all their sign-ins and questions.

Only texts whose code did not come back count: who holds the phone is never kept waiting, and who does not waits longer
each time, however often they cancel and begin again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from config import settings
from extensions import db
from models.challenge import Challenge
from models.user import User
from services.clock import now

#: Texts longer ago make nobody wait.
_LOOKED_AT = timedelta(hours=1)
_NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
#: So many go at once: the text of a sign-in that was begun, cancelled and begun again.
_AT_ONCE = 2


@dataclass(frozen=True)
class Unanswered:
    """Texts to one user on one number since the last right code, and when the newest was sent."""

    texts: int
    last: datetime | None

    def wait(self) -> int:
        """Whole seconds before a new question may send its first text; 0: now."""
        return wait_after(self.texts, self.last) if self.texts >= _AT_ONCE else 0

    def ago(self) -> int:
        """Whole seconds since the newest."""
        return max(0, int((now() - self.last).total_seconds())) if self.last else 0


def wait_after(texts: int, last: datetime | None) -> int:
    """Whole seconds before another text after ``texts`` ones, the newest at ``last``; doubles from the third on."""
    if last is None:
        return 0
    config = settings()
    wait = min(config.resend_after * 2 ** min(max(0, texts - 2), 16), config.code_lifetime)
    left = (last - now()).total_seconds() + wait
    return max(0, int(left + 0.999))


def unanswered(user_id: int, number: str) -> Unanswered:
    """A right code, and a new password, begin anew: what a thief asked for before does not keep its victim waiting."""
    answered = (
        select(func.max(Challenge.spent_at))
        .where(Challenge.user_id == user_id, Challenge.outcome == "verified")
        .scalar_subquery()
    )
    new_password = select(User.password_changed_at).where(User.id == user_id).scalar_subquery()
    texts, last = db.session.execute(
        select(func.sum(Challenge.sends), func.max(Challenge.last_sent_at)).where(
            Challenge.user_id == user_id,
            Challenge.destination == number,
            Challenge.last_sent_at > now() - _LOOKED_AT,
            Challenge.last_sent_at > func.coalesce(answered, _NEVER),
            Challenge.last_sent_at > func.coalesce(new_password, _NEVER),
            or_(Challenge.outcome.is_(None), Challenge.outcome != "verified"),
        )
    ).one()
    return Unanswered(int(texts or 0), last)
