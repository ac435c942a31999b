"""What a person was about to do when a step-up stopped them, kept on the server until the code is right."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import Key, PublicId, UtcDateTime, new_public_id


class Interruption(Model):
    __tablename__ = "interruptions"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    login_session_id: Mapped[int] = mapped_column(ForeignKey("login_sessions.id"), index=True)
    #: Null when no text could be sent yet (a limit, or no live challenge any more).
    challenge_id: Mapped[int | None] = mapped_column(ForeignKey("challenges.id"))
    action: Mapped[str] = mapped_column(String(60))
    scope: Mapped[str] = mapped_column(String(80))
    #: What the code is for, in the words of the text message: "export 12,431 contacts from Newsletter".
    wording: Mapped[str] = mapped_column(String(200))
    method: Mapped[str] = mapped_column(String(4))
    path: Mapped[str] = mapped_column(String(2000))
    #: Where "cancel" leads.
    back_path: Mapped[str] = mapped_column(String(2000))
    #: The interrupted form's fields, sealed: they can hold a mobile number (services/seal.py).
    fields: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
