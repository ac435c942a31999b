"""Ranges of numbers and countries to whose new numbers no codes are sent for a while."""

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from extensions import db
from models.sms import SmsPause
from services.audit import Event, record
from services.clock import now, seconds_until
from services.number_places import country_of, prefix_of
from services.unit_of_work import changed, write


def seconds_left(number: str, account_id: int | None) -> int:
    """Seconds for which a new ``number`` gets no code for somebody of this account; 0: it does."""
    until = db.session.scalar(
        select(SmsPause.until)
        .where(
            SmsPause.until > now(),
            SmsPause.area.in_((prefix_of(number), country_of(number))),
            or_(SmsPause.account_id.is_(None), SmsPause.account_id == account_id),
        )
        .order_by(SmsPause.until.desc())
        .limit(1)
    )
    return seconds_until(until)


def active() -> Sequence[SmsPause]:
    return db.session.scalars(select(SmsPause).where(SmsPause.until > now()).order_by(SmsPause.id)).all()


def lift(area: str, *, by: str) -> int:
    """End every pause of ``area`` ("+44740012" or "GB"); returns how many. ``by``: who decided, for the log."""
    moment = now()
    with write():
        lifted = changed(
            update(SmsPause)
            .where(SmsPause.area == area, SmsPause.until > moment)
            .values(until=moment, lifted_by=by[:100])
        )
        if lifted:
            record(Event.SMS_PAUSE_LIFTED, account=None, actor=None, actor_label=by[:200], area=area)
    return lifted
