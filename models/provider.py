"""What all workers know together of each provider."""

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import UtcDateTime


class Circuit(Model):
    """Whether a provider is used: no row is "closed". Opened when it refuses us as a customer."""

    __tablename__ = "circuits"

    #: A gateway's name, such as "vonage".
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: "closed", "open", or "probing" while one message tries it out.
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(200), default="")
    #: Probes that failed since it opened: the wait for the next grows with them.
    failures: Mapped[int] = mapped_column(Integer, default=0)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Not before this time does a message try it again; while probing, when the probe is given up.
    probe_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SendSlot(Model):
    """When the next request to a provider may leave, over all workers on all machines."""

    __tablename__ = "send_slots"

    #: What is counted together: an API key's texts, or its calls.
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: Microseconds since 1970.
    next_us: Mapped[int] = mapped_column(BigInteger)
