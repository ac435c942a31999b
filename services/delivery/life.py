"""The life of each message, step by step: as rows (``flask messages show``) and as lines of the log."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import insert

from models.message import Message, MessageEvent
from services.clock import now
from services.logs import tell
from services.numbers import masked
from services.origin import following, known
from services.unit_of_work import after_commit, write

_log = logging.getLogger(__name__)


class Step(NamedTuple):
    """``detail`` holds no number, address, code or text."""

    message: Message
    event: str
    detail: str = ""


def note(message_id: int, event: str, detail: str = "") -> None:
    """Add a step, inside the write() that takes it. ``detail`` holds no number, address, code or text."""
    with write() as session:
        session.add(MessageEvent(message_id=message_id, at=now(), event=event, detail=detail[:200]))
        bound = known()
        after_commit(lambda: tell(_log, f"message: {event}", detail=detail[:200] or None, **bound))


def take_steps(steps: Sequence[Step]) -> None:
    """Note several of several messages, inside the write() that takes them: one statement for all."""
    if not steps:
        return
    moment = now()
    with write() as session:
        session.execute(
            insert(MessageEvent),
            [
                {
                    "message_id": step.message.id,
                    "at": moment,
                    "event": step.event,
                    "detail": step.detail[:200],
                }
                for step in steps
            ],
        )
        after_commit(lambda: _tell(steps))


def _tell(steps: Sequence[Step]) -> None:
    if not _log.isEnabledFor(logging.INFO):
        return
    for step in steps:
        with about(step.message):
            tell(_log, f"message: {step.event}", detail=step.detail[:200] or None)


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
