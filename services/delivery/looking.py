"""What became of a message, for pages and people who ask."""

from sqlalchemy import select

from extensions import db
from models.challenge import Challenge
from models.message import Message, MessageState


def newest(challenge: Challenge) -> Message | None:
    """The text or call of a challenge that was promised last."""
    statement = (
        select(Message).where(Message.challenge_id == challenge.id).order_by(Message.id.desc()).limit(1)
    )
    return db.session.scalars(statement.execution_options(populate_existing=True)).first()


def state_of(challenge: Challenge) -> MessageState | None:
    """How the newest text of a challenge is doing, for the page that waits for it."""
    message = newest(challenge)
    return MessageState(message.state) if message else None
