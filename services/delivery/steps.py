"""Several steps of several messages at once: one statement for all rows, and a line of the log for each."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import insert

from models.message import Message, MessageEvent
from services.clock import now
from services.delivery import life
from services.logs import tell
from services.unit_of_work import after_commit, write

_log = logging.getLogger(__name__)


class Step(NamedTuple):
    """``detail`` holds no number, address, code or text."""

    message: Message
    event: str
    detail: str = ""


def take_steps(steps: Sequence[Step]) -> None:
    """Note them, inside the write() that takes them."""
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
        with life.about(step.message):
            tell(_log, f"message: {step.event}", detail=step.detail[:200] or None)
