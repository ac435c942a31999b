"""What happened how often, counted in the database so that every process counts alike.

Times are whole numbers here (slices, milliseconds since 1970): both databases add and compare those alike, so that
one statement can judge and count.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import UtcDateTime


class LimitCounter(Model):
    """How often in the newest slice of a limit's period, and in each of the four before it."""

    __tablename__ = "limit_counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: Keyed hash of the user, number or address that is counted.
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    #: Seconds. A row that was counted with another period counts nothing.
    period: Mapped[int] = mapped_column(Integer)
    #: Number of the newest slice since 1970; a slice is a quarter of the period.
    slice: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(Integer)
    count_1: Mapped[int] = mapped_column(Integer)
    count_2: Mapped[int] = mapped_column(Integer)
    count_3: Mapped[int] = mapped_column(Integer)
    count_4: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class GrowingDelay(Model):
    """Failures of somebody at something, forgotten one by one, and the wait that they cost."""

    __tablename__ = "growing_delays"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: Keyed hash of the name, browser or address whose failures these are: the table tells nobody who exists.
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    #: Since when none was forgotten, until when the next try waits, when all will be forgotten; in milliseconds.
    since: Mapped[int] = mapped_column(BigInteger)
    waits_until: Mapped[int] = mapped_column(BigInteger)
    forgotten_at: Mapped[int] = mapped_column(BigInteger, index=True)
