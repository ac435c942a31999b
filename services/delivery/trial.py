"""A text that an operator sends to see whether texts arrive: the same row, the same way, only no code in it."""

from datetime import timedelta

from models.message import Message
from services import delivery, outbox
from services.audit import Event, record
from services.clock import now
from services.disabling import Operator
from services.numbers import MobileNumber, masked
from services.unit_of_work import write

#: What has not gone by then is not sent hours later, when nobody waits for it.
_LIFE = timedelta(minutes=10)


def send(to: MobileNumber, by: Operator) -> Message:
    """Promise it and hand it over here, unless a worker was faster. The row tells what became of it."""
    with write():
        message = outbox.queue_sms("trial", to=to.e164, user=None, expires_at=now() + _LIFE)
        record(Event.SMS_TRIAL, account=None, actor=by.user, actor_label=by.label, number=masked(to.e164))
    delivery.deliver(message.id)
    return message
