"""The outbox: a text, call or mail is promised as a row, in the transaction of its cause, and sent after it.

services/delivery/ sends. So a slow or dead provider never holds a page, and a crash neither loses nor doubles a
message.
"""

import logging
from datetime import datetime
from typing import Any

from config import settings
from models.account import Account
from models.challenge import Challenge
from models.link import Link
from models.message import Message
from models.user import User
from services import language, queue
from services.clock import now
from services.logs import tell
from services.number_places import country_of
from services.origin import current_origin, request_id
from services.unit_of_work import after_commit, write

_log = logging.getLogger(__name__)


def queue_sms(
    template: str,
    *,
    to: str,
    user: User | None,
    challenge: Challenge | None = None,
    expires_at: datetime | None = None,
    **params: Any,
) -> Message:
    """Promise a text to ``to`` (E.164), in the words of ``template`` (services/wording/sms.py)."""
    account_id = user.account_id if user else None
    return _promise("sms", template, to, user, account_id, challenge, None, expires_at, params)


def queue_call(
    template: str, *, to: str, user: User, challenge: Challenge, expires_at: datetime, **params: Any
) -> Message:
    """Promise a call to ``to`` (E.164) that speaks the words of ``template`` (services/wording/voice.py)."""
    return _promise("voice", template, to, user, user.account_id, challenge, None, expires_at, params)


def queue_mail(
    template: str,
    *,
    to: str,
    user: User | None,
    account: Account | None = None,
    link: Link | None = None,
    expires_at: datetime | None = None,
    **params: Any,
) -> Message:
    """Promise a mail to ``to``, in the words of ``template`` (services/wording/mail.py)."""
    account_id = account.id if account else user.account_id if user else None
    return _promise("mail", template, to, user, account_id, None, link, expires_at, params)


def _promise(
    channel: str,
    template: str,
    to: str,
    user: User | None,
    account_id: int | None,
    challenge: Challenge | None,
    link: Link | None,
    expires_at: datetime | None,
    params: dict[str, Any],
) -> Message:
    moment = now()
    with write() as session:
        message = Message(
            channel=channel,
            template=template,
            recipient=to,
            user_id=user.id if user else None,
            account_id=account_id,
            challenge_id=challenge.id if challenge else None,
            link_id=link.id if link else None,
            expires_at=expires_at,
            params=params,
            language=_language_of(user),
            country=None if channel == "mail" else country_of(to),
            request_id=request_id(),
            created_at=moment,
            due_at=moment,
        )
        session.add(message)
        session.flush()
        after_commit(lambda: queue.wake(queue.WAKES[channel], message.id))
        after_commit(lambda: _tell(message))
    return message


def _language_of(user: User | None) -> str:
    """Their own; else that of the page, if it is their page; else the site's. Never that of whoever caused it."""
    if user is not None and user.language:
        return user.language
    if user is not None and user.id == current_origin().user_id:
        return language.current()
    return settings().default_language


def _tell(message: Message) -> None:
    tell(
        _log, "message: queued", message_id=message.public_id, channel=message.channel, country=message.country,
        template=message.template,
    )  # fmt: skip
