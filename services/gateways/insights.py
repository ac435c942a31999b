"""What a provider can say of a number before a code goes to it. One question, one answer, never a fault."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

OK = "OK"
"""The one status beside which a value counts."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries the number now. ``network_type``: "MOBILE", "LANDLINE" …; None unless ``status`` is OK."""

    status: str
    network_type: str | None = None


@dataclass(frozen=True, slots=True)
class Sim:
    """Whether its SIM was changed in the hours asked about, and when, if known; False unless ``status`` is OK."""

    status: str
    changed: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Insight:
    """None for what was not asked, and for what nobody could say."""

    carrier: Carrier | None = None
    sim: Sim | None = None


NOTHING = Insight()


class InsightsGateway(Protocol):
    """Thread-safe: several worker threads share one."""

    def ask(self, number: str, *, sim_hours: int | None, carrier: bool) -> Insight:
        """About ``number`` (E.164): its SIM within ``sim_hours``, its carrier. Never raises."""
        ...
