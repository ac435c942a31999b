"""How often something happened in a span of time, counted in the database so that every process counts alike."""

from datetime import datetime

from sqlalchemy import Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import UtcDateTime


class LimitCounter(Model):
    __tablename__ = "limit_counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: Keyed hash of the user, number or address that is counted.
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
