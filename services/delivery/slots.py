"""The limiter that all workers share: when the next request to a provider may leave.

Vonage takes 30 requests a second for a key, whoever of us sends them (docs/decisions/0014). One row holds the time of
the next free slot; one statement hands out slots and moves it on.
"""

import time

from sqlalchemy import BigInteger, BindParameter, bindparam, case
from sqlalchemy.dialects import postgresql, sqlite

from config import settings
from extensions import db
from models.provider import SendSlot
from services.clock import now
from services.gateways import VONAGE, VONAGE_VOICE
from services.unit_of_work import write
from services.upsert import insert

_SECOND = 1_000_000
#: Seconds by which one "too many" of the provider moves all slots, at most. It says so again if that was too little.
LONGEST_PUSH = 5.0
#: A next slot further away than so many seconds, or slots, is that of a clock which has been set back since.
_LONGEST_LEAD, _MOST_RESERVED = 2 * LONGEST_PUSH, 50


def rate_of(gateway: str) -> int:
    """Requests a second that a gateway may send, all workers together; 0: no limit."""
    config = settings()
    return {VONAGE: config.vonage_rate, VONAGE_VOICE: config.vonage_voice_rate}.get(gateway, 0)


def reserve(gateway: str, count: int) -> list[float]:
    """``count`` slots: for each the ``time.monotonic()`` before which its request does not leave.

    Slots that are not used are lost, so look first whether anything is due. Wait outside any transaction.
    """
    rate = rate_of(gateway)
    if not rate:
        return [0.0] * count
    step = _SECOND // rate
    moment = _now_us()
    with write():
        end = _advance(gateway, moment, step * count, step)
    began = time.monotonic()
    return [began + max(0, end - step * (count - index) - moment) / _SECOND for index in range(count)]


def push(gateway: str, seconds: float) -> None:
    """The provider said "too many": for ``seconds``, LONGEST_PUSH at most, nobody sends. Inside write()."""
    rate = rate_of(gateway)
    if not rate:
        return
    moment = _now_us()
    until = moment + int(min(max(seconds, 0.0), LONGEST_PUSH) * _SECOND)
    known = SendSlot.next_us
    lead = _longest_lead(_SECOND // rate)
    db.session.execute(
        _upsert(gateway, until).on_conflict_do_update(
            index_elements=[SendSlot.name],
            set_={"next_us": case((known.between(until, moment + lead), known), else_=_big(until))},
        )
    )


def _advance(gateway: str, moment: int, by: int, step: int) -> int:
    """Move the next slot on by ``by``, from now if it is past or not to be believed; returns where it stands then."""
    known = SendSlot.next_us
    begin = case((known.between(moment, moment + _longest_lead(step)), known), else_=_big(moment))
    found = db.session.scalar(
        _upsert(gateway, moment + by)
        .on_conflict_do_update(index_elements=[SendSlot.name], set_={"next_us": begin + _big(by)})
        .returning(known)
    )
    return int(found or moment + by)


def _upsert(gateway: str, next_us: int) -> postgresql.Insert | sqlite.Insert:
    return insert(SendSlot).values(name=gateway, next_us=next_us)


def _big(value: int) -> BindParameter[int]:
    return bindparam(None, value, type_=BigInteger)


def _longest_lead(step: int) -> int:
    return max(int(_LONGEST_LEAD * _SECOND), _MOST_RESERVED * step)


def _now_us() -> int:
    return int(now().timestamp() * _SECOND)
