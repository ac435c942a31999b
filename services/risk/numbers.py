"""What is known of a number, and asking for what is not. With IDENTITY_INSIGHTS off nothing here is called."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import select

from config import settings
from extensions import db
from models.number_insight import NumberInsight
from services.clock import now
from services.gateway_setup import gateways
from services.gateways import GatewayMisconfigured
from services.gateways.insights import NOTHING, OK, Carrier, Insight, Sim
from services.unit_of_work import release, write
from services.upsert import insert

#: Answers that are not given another time a moment later. What went wrong is asked again for the next code.
_KEPT = frozenset({OK, "NO_COVERAGE", "UNSUPPORTED_NETWORK_TYPE"})
_CANNOT_RECEIVE = frozenset({"LANDLINE", "TOLLFREE", "PREMIUM"})
#: Somebody earns by each call to these.
_EARNS = frozenset({"TOLLFREE", "PREMIUM"})
#: In ``Message.reason``, for the page.
CANNOT_RECEIVE = "this kind of number cannot receive texts"
NOT_CALLED = "this kind of number is not called"

_log = logging.getLogger(__name__)


def about(number: str, *, sim: bool, carrier: bool) -> NumberInsight | None:
    """What is known of ``number`` (E.164), after asking for what is missing. None: nothing."""
    known = _find(number)
    hours = settings().sim_swap_hours if sim and not _is_fresh(known.sim_until if known else None) else None
    wants_carrier = carrier and not _is_fresh(known.carrier_until if known else None)
    if hours is None and not wants_carrier:
        return known
    before = _copy(known, number)
    release()
    answer = _ask(number, hours, wants_carrier)
    if answer == NOTHING:  # another worker may have been told meanwhile
        return _find(number)
    try:
        return _keep(number, answer)
    except Exception:  # what was heard decides all the same; the next code asks again
        _log.exception("what was heard of a number could not be kept")
        _take_over(before, answer, now())
        return before


def stands(known: NumberInsight | None) -> bool:
    """Whether its SIM was changed so short a time ago that it counts."""
    return known is not None and known.sim_changed and _is_fresh(known.sim_until)


def cannot_receive(known: NumberInsight | None) -> bool:
    return known is not None and known.network_type in _CANNOT_RECEIVE and _is_fresh(known.carrier_until)


def is_not_called(known: NumberInsight | None, *, proved: bool) -> bool:
    """Whether its line is one that no code is spoken to. ``proved``: its user has confirmed it, by a text."""
    kinds = _EARNS if proved else _CANNOT_RECEIVE
    return known is not None and known.network_type in kinds and _is_fresh(known.carrier_until)


def may_be_called(number: str, *, proved: bool) -> bool:
    """Whether nothing that is known of its line forbids a call. Asks nobody but the database."""
    return not settings().identity_insights or not is_not_called(_find(number), proved=proved)


def in_words(known: NumberInsight | None) -> str:
    """For the life of a message: "carrier OK MOBILE, SIM NO_COVERAGE"."""
    if known is None:
        return "nothing known"
    carrier = f"carrier {known.carrier_status} {known.network_type or ''}" if known.carrier_status else ""
    sim = f"SIM {known.sim_status}{' changed' if stands(known) else ''}" if known.sim_status else ""
    return ", ".join(part.strip() for part in (carrier, sim) if part)


def _ask(number: str, hours: int | None, carrier: bool) -> Insight:
    try:
        gateway = gateways().insights
    except GatewayMisconfigured as fault:  # check-config says it, too
        _log.error("no insights: %s", fault)
        return NOTHING
    return gateway.ask(number, sim_hours=hours, carrier=carrier)


def _keep(number: str, answer: Insight) -> NumberInsight:
    moment = now()
    with write() as session:
        session.execute(
            insert(NumberInsight)
            .values(number=number, carrier_status="", sim_changed=False, sim_status="", expires_at=moment)
            .on_conflict_do_nothing()
        )
        known = session.get_one(NumberInsight, number, with_for_update=True, populate_existing=True)
        _take_over(known, answer, moment)
    return known


def _copy(known: NumberInsight | None, number: str) -> NumberInsight:
    """A row of no table: it is there whatever becomes of the database."""
    copy = NumberInsight(number=number, carrier_status="", sim_changed=False, sim_status="", expires_at=now())
    for column in NumberInsight.__table__.columns if known else ():
        setattr(copy, column.key, getattr(known, column.key))
    return copy


def _take_over(known: NumberInsight, answer: Insight, moment: datetime) -> None:
    if answer.carrier is not None:
        _keep_carrier(known, answer.carrier, moment)
    # What another worker was told of a change stands until it is over, whatever is answered later.
    if answer.sim is not None and not stands(known):
        _keep_sim(known, answer.sim, moment)
    known.expires_at = max(until for until in (known.carrier_until, known.sim_until, moment) if until)


def _keep_carrier(known: NumberInsight, carrier: Carrier, moment: datetime) -> None:
    known.carrier_status, known.network_type = carrier.status, carrier.network_type
    kept = settings().insights_carrier_kept if carrier.status == OK else settings().insights_sim_kept
    known.carrier_until = moment + timedelta(seconds=kept if carrier.status in _KEPT else 0)


def _keep_sim(known: NumberInsight, sim: Sim, moment: datetime) -> None:
    """A change counts for SIM_SWAP_HOURS from when it was; from now where the provider does not say when."""
    hours = timedelta(hours=settings().sim_swap_hours)
    since = min(sim.changed_at or moment, moment)
    known.sim_status, known.sim_asked_at = sim.status, moment
    known.sim_changed = sim.changed and since + hours > moment
    known.sim_changed_at = since if known.sim_changed and sim.changed_at else None
    if known.sim_changed:
        known.sim_until = since + hours
    else:
        known.sim_until = moment + timedelta(
            seconds=settings().insights_sim_kept if sim.status in _KEPT else 0
        )


def _find(number: str) -> NumberInsight | None:
    statement = select(NumberInsight).where(NumberInsight.number == number)
    return db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def _is_fresh(until: datetime | None) -> bool:
    return until is not None and until > now()
