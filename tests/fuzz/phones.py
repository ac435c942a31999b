"""The gateways of the fuzzed site: they keep what they were given, and fail as they are told to."""

from dataclasses import dataclass, field
from typing import Literal

from services.gateways import Accepted, Answer, OutgoingMail, OutgoingSms, Refused, Retry, Unknown

Mood = Literal["fine", "refuses", "hangs", "unknown", "breaks"]
MOODS: tuple[Mood, ...] = ("fine", "refuses", "hangs", "unknown", "breaks")


class BrokenGateway(RuntimeError):
    """A gateway that breaks its word and raises."""


@dataclass
class Gateway:
    """``name`` and ``idempotent`` as every gateway has them; ``mood`` says what it answers from now on."""

    name: str = "fuzz"
    idempotent: bool = False
    mood: Mood = "fine"
    arrived: list[OutgoingSms | OutgoingMail] = field(default_factory=list)
    #: How often each message may have arrived.
    times: dict[str, int] = field(default_factory=dict)

    def send(self, message: OutgoingSms | OutgoingMail) -> Answer:
        match self.mood:
            case "refuses":
                return Refused("no such number", kind="number")
            case "hangs":
                return Retry("not now", 5)
        self.times[message.message_id] = self.times.get(message.message_id, 0) + 1
        if self.mood == "breaks":
            raise BrokenGateway
        self.arrived.append(message)
        return Accepted(message.message_id) if self.mood == "fine" else Unknown("no answer")
