"""What the provider's Identity Insights said of a number, for as long as it is taken for true."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import UtcDateTime


class NumberInsight(Model):
    """The decision is kept, not the raw answer. A value counts only where its status is "OK"."""

    __tablename__ = "number_insights"

    #: E.164.
    number: Mapped[str] = mapped_column(String(16), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    #: "MOBILE", "LANDLINE", "VIRTUAL" …
    network_type: Mapped[str | None] = mapped_column(String(20))
    carrier: Mapped[str | None] = mapped_column(String(100))
    #: The provider's code ("OK", "NO_COVERAGE" …), or "ERROR" where there was no answer.
    carrier_status: Mapped[str] = mapped_column(String(30))
    sim_changed: Mapped[bool | None]
    sim_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sim_status: Mapped[str] = mapped_column(String(30))
