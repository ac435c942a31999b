"""The last question before a code goes out: may it go to this number now?"""

import logging

from config import settings
from extensions import db
from models.challenge import Challenge
from models.message import Message
from models.number_insight import NumberInsight
from models.user import User
from services import codes, limits, notices
from services.audit import Event, record
from services.clock import seconds_until
from services.codes import needs_old_sim, purpose_in_words
from services.codes.challenges import account_of
from services.delivery import life
from services.numbers import masked
from services.risk import numbers
from services.risk.changed_sims import SIM_CHANGED
from services.unit_of_work import write

_log = logging.getLogger(__name__)


def stops(message: Message) -> str | None:
    """Why this text or call of a code is not handed over, or None: it goes.

    Asks the provider, for two seconds at most, and only what decides something: the SIM for codes that prove an old
    number, the kind of line for texts to a number that nobody has confirmed and for every call: there are numbers that
    earn by each. With IDENTITY_INSIGHTS off it runs no statement. What nobody could say stops nothing.
    """
    if not settings().identity_insights or message.challenge_id is None:
        return None
    challenge = db.session.get_one(Challenge, message.challenge_id)
    proves_old = needs_old_sim(challenge.purpose)
    is_new, is_call = not challenge.proved, message.channel == "voice"
    if not (proves_old or is_new or is_call):
        return None
    known = numbers.about(challenge.destination, sim=proves_old, carrier=True)
    # Judged before anything is written: where the database takes nothing, a code that is stopped stays here.
    sim_changed = proves_old and numbers.stands(known)
    reason = None
    if sim_changed:
        reason = "the SIM of this number was changed a short time ago"
    elif is_call and numbers.is_not_called(known, proved=challenge.proved):
        reason = numbers.NOT_CALLED
    elif is_new and message.channel == "sms" and numbers.cannot_receive(known):
        reason = numbers.CANNOT_RECEIVE
    _note(message, known)
    if sim_changed and known is not None:
        try:
            _stop(challenge, known)
        except Exception:  # the code stays here all the same, and the next one is stopped and told again
            _log.exception("nobody could be told of a changed SIM")
    return reason


def _note(message: Message, known: NumberInsight | None) -> None:
    try:
        with write():
            life.note(message.id, "insight", numbers.in_words(known))
    except Exception:
        _log.exception("what is known of a number could not be noted")


def _stop(challenge: Challenge, known: NumberInsight) -> None:
    user = db.session.get_one(User, challenge.user_id)
    number, hours = masked(challenge.destination), settings().sim_swap_hours
    with write():
        codes.hold(user)  # the user's row first, as everywhere
        codes.close(challenge, SIM_CHANGED)
        account = account_of(user)
        record(
            Event.SIM_CHANGED,
            account=account,
            actor=user,
            outcome="failure",
            purpose=purpose_in_words(challenge.purpose),
            number=number,
            hours=hours,
            status=known.sim_status,
        )
        # Once for each person and change, however often they ask.
        change = f"{user.id} {challenge.destination} {known.sim_asked_at}"
        if limits.first_since("told_sim_changed", change, seconds_until(known.sim_until)):
            notices.sim_changed(user, account, number=number, hours=hours)
