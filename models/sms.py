"""What is known of texts as a whole: where they are paused, and what the operator was told of the budget."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import Key, UtcDateTime


class SmsPause(Model):
    """No codes to numbers that nobody confirmed yet, in one range of numbers or one country."""

    __tablename__ = "sms_pauses"
    __table_args__ = (Index("ix_sms_pauses_until", "until"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    #: "+44740012" (an E.164 number without its last four digits) or "GB".
    area: Mapped[str] = mapped_column(String(16))
    #: Null: for everybody.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Brought forward when it is lifted.
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_by: Mapped[str | None] = mapped_column(String(100))
    #: What it was judged by.
    texts: Mapped[int] = mapped_column(Integer)
    verified: Mapped[int] = mapped_column(Integer)


class SmsAlarm(Model):
    """That the operator was told, so that they are told once."""

    __tablename__ = "sms_alarms"

    #: Beginning of the budget's period.
    window_start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    percent: Mapped[int] = mapped_column(Integer, primary_key=True)
