"""The life of each message, step by step: as rows (``flask messages show``) and as lines of the log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from models.message import Message, MessageEvent
from services.clock import now
from services.logs import tell
from services.numbers import masked
from services.origin import following, known
from services.unit_of_work import after_commit, write

_log = logging.getLogger(__name__)


def note(message_id: int, event: str, detail: str = "") -> None:
    """Add a step, inside the write() that takes it. ``detail`` holds no number, address, code or text."""
    with write() as session:
        session.add(MessageEvent(message_id=message_id, at=now(), event=event, detail=detail[:200]))
        bound = known()
        after_commit(lambda: tell(_log, f"message: {event}", detail=detail[:200] or None, **bound))


@contextmanager
def about(message: Message) -> Iterator[None]:
    """What is done inside is done for this message: every line of the log names it, and who asked for it."""
    number = None if message.channel == "mail" else masked(message.recipient)
    with following(
        message.request_id,
        message_id=message.public_id,
        channel=message.channel,
        country=message.country,
        to=number,
    ):
        yield
