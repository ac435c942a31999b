"""A save that waits until a code sent to the new number comes back: what was typed stays on the server meanwhile."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import Key, PublicId, UtcDateTime, new_public_id


class NumberConfirmation(Model):
    __tablename__ = "number_confirmations"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    login_session_id: Mapped[int] = mapped_column(ForeignKey("login_sessions.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    #: Null when no text could be sent yet (a limit, or a pause).
    challenge_id: Mapped[int | None] = mapped_column(ForeignKey("challenges.id"))
    #: Which page's save it is: "account" or "profile".
    kind: Mapped[str] = mapped_column(String(10))
    #: E.164, and as it was typed.
    number: Mapped[str] = mapped_column(String(16))
    number_typed: Mapped[str] = mapped_column(String(60))
    #: E.164: the number on record when it began, where a code sent to that one had to allow it (two-factor is on).
    proved_number: Mapped[str | None] = mapped_column(String(16))
    #: The form's fields, sealed (services/seal.py).
    fields: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Set once: finished, cancelled, or given up for a newer one.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
