"""What the provider's Identity Insights said of a number, for as long as it is taken for true."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import UtcDateTime


class NumberInsight(Model):
    """What is decided by is kept, not the raw answer. A value counts only where its status is "OK".

    A status is the provider's own ("OK", "NO_COVERAGE" …); empty where that was not asked yet.
    """

    __tablename__ = "number_insights"

    #: E.164.
    number: Mapped[str] = mapped_column(String(16), primary_key=True)
    #: "MOBILE", "LANDLINE", "VIRTUAL" …
    network_type: Mapped[str | None] = mapped_column(String(20))
    carrier_status: Mapped[str] = mapped_column(String(30), default="")
    carrier_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Whether its SIM was changed within SIM_SWAP_HOURS before it was asked, and when, if the provider said that.
    sim_changed: Mapped[bool] = mapped_column(default=False)
    sim_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sim_status: Mapped[str] = mapped_column(String(30), default="")
    sim_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sim_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When nothing of it is true any more.
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
