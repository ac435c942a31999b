"""The life of each message, step by step (``flask messages show``)."""

from models.message import MessageEvent
from services.clock import now
from services.unit_of_work import write


def note(message_id: int, event: str, detail: str = "") -> None:
    """Add a step, inside the write() that takes it. ``detail`` holds no number, address, code or text."""
    with write() as session:
        session.add(MessageEvent(message_id=message_id, at=now(), event=event, detail=detail[:200]))
