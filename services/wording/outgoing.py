"""A row of the outbox, written out: what a gateway is given."""

import logging

from config import settings
from extensions import db
from models.account import Account
from models.challenge import Challenge
from models.link import Link
from models.message import Message
from models.user import User
from services import language
from services.clock import now
from services.gateways import OutgoingCall, OutgoingMail, OutgoingSms
from services.wording import mail, sms, voice

_log = logging.getLogger(__name__)
#: Seconds for which a text that carries no code is still of use.
_DAY = 86400


class CannotBeWritten(Exception):
    """Its words are missing or do not fit its facts: a fault of this program, which trying again does not mend."""


def write_out(message: Message) -> OutgoingSms | OutgoingCall | OutgoingMail:
    """Raises CannotBeWritten with the name of what went wrong; a fault of the database passes as it is."""
    challenge = db.session.get(Challenge, message.challenge_id) if message.challenge_id else None
    user = db.session.get(User, message.user_id) if message.user_id else None
    link = db.session.get(Link, message.link_id) if message.link_id else None
    account = db.session.get(Account, message.account_id) if message.account_id else None
    zone = account.time_zone if account else settings().time_zone
    try:
        with language.using(message.language or settings().default_language):
            if message.channel == "sms":
                return _text(message, challenge, zone)
            if message.channel == "voice":
                return _call(message, challenge)
            words = mail.render(message.template, message.params, user, link, zone)
    except Exception as fault:
        _log.exception("message %s (%s) cannot be written", message.public_id, message.template)
        raise CannotBeWritten(type(fault).__name__) from fault
    return OutgoingMail(message.public_id, message.recipient, words.subject, words.text, words.html)


def _text(message: Message, challenge: Challenge | None, zone: str) -> OutgoingSms:
    return OutgoingSms(
        message_id=message.public_id,
        to=message.recipient,
        text=sms.render(message.template, message.params, challenge, zone),
        ttl=int((message.expires_at - now()).total_seconds()) if message.expires_at else _DAY,
        purpose=challenge.purpose if challenge else message.template,
    )


def _call(message: Message, challenge: Challenge | None) -> OutgoingCall:
    return OutgoingCall(
        message_id=message.public_id,
        to=message.recipient,
        words=voice.render(message.template, message.params, challenge),
        language=voice.spoken(),
        purpose=challenge.purpose if challenge else message.template,
    )
