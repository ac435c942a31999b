"""Why no text has gone, for the page that waits for one; and when one can be asked for."""

from dataclasses import dataclass

from sqlalchemy import select

from extensions import db
from models.user import User
from services import risk
from services.clock import seconds_until
from services.sending import rules, waits
from services.sending.rescue import Code

#: Reasons beside the names of limits.
WAIT = "wait"
GUESSES = "codes_paused"
STOPPED = "codes_stopped"


@dataclass(frozen=True)
class Outlook:
    """``reason``: a limit's name, WAIT, GUESSES, STOPPED, risk.SIM_CHANGED, or "": a text can be asked for now.

    Whole seconds.
    """

    reason: str = ""
    retry_after: int = 0
    #: For WAIT: since the newest text to this phone.
    sent_ago: int = 0


def outlook(user: User, number: str, *, needs_old_sim: bool = False) -> Outlook:
    paused, stopped = db.session.execute(
        select(User.code_paused_until, User.codes_stopped_at).where(User.id == user.id)
    ).one()
    if stopped is not None:
        return Outlook(STOPPED)
    if wait := seconds_until(paused):
        return Outlook(GUESSES, wait)
    if needs_old_sim and (stopped_for := risk.seconds_stopped(user.id, number)):
        return Outlook(risk.SIM_CHANGED, stopped_for)
    texts = waits.unanswered(user.id, number)
    if texts.wait():
        return Outlook(WAIT, texts.wait(), texts.ago())
    proved = user.mobile_confirmed and user.mobile_number == number
    refused = rules.refusal(Code(user.id, user.account_id, number, proved, user.password_changed_at))
    return Outlook(refused.name, refused.retry_after) if refused else Outlook()
