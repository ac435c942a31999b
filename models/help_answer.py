"""Whether a page of the help helped. No person, no session and no address is kept with it."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import Key, UtcDateTime


class HelpAnswer(Model):
    __tablename__ = "help_answers"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    #: Which article: a word of ours.
    page: Mapped[str] = mapped_column(String(40))
    #: In which language it was read.
    language: Mapped[str] = mapped_column(String(10))
    helped: Mapped[bool]
    #: One line, or "".
    comment: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
