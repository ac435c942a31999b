"""Whether help helped: answers of anyone, counted for support. Who answered is not kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, func, select

from extensions import db
from models.help_answer import HelpAnswer
from services import language, limits
from services.clock import now
from services.origin import current_origin
from services.unit_of_work import write

COMMENT_MAX = 200
#: How long an answer is kept.
KEEP = timedelta(days=365)
COMMENTS_SHOWN = 50


@dataclass(frozen=True)
class Count:
    """Answers to one page in one language."""

    page: str
    language: str
    yes: int
    no: int


def keep(page: str, *, helped: bool, comment: str) -> None:
    """Count an answer in the language that is spoken. Raises limits.LimitExceeded."""
    with write() as session:
        limits.hit("help_answers_address", current_origin().network)
        limits.hit_for_all("help_answers_site")  # strangers have many networks, and the table has one disk
        session.add(
            HelpAnswer(
                page=page, language=language.current(), helped=helped, comment=comment, created_at=now()
            )
        )


def counts() -> list[Count]:
    """Of a year, by page and language."""
    yes = func.sum(case((HelpAnswer.helped, 1), else_=0))
    place = (HelpAnswer.page, HelpAnswer.language)
    rows = db.session.execute(
        select(*place, yes, func.count() - yes)
        .where(HelpAnswer.created_at >= now() - KEEP)
        .group_by(*place)
        .order_by(*place)
    )
    return [Count(page, spoken, int(good), int(bad)) for page, spoken, good, bad in rows]


def comments() -> Sequence[HelpAnswer]:
    """The newest answers that say something, newest first."""
    return db.session.scalars(
        select(HelpAnswer)
        .where(HelpAnswer.comment != "", HelpAnswer.created_at >= now() - KEEP)
        .order_by(HelpAnswer.id.desc())
        .limit(COMMENTS_SHOWN)
    ).all()
