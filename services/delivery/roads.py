"""Which gateway a message goes by: the first of its kind that takes messages from us now."""

from dataclasses import dataclass
from typing import Any

from services.delivery import circuits
from services.gateway_setup import gateways

CHANNELS = ("sms", "voice", "mail")


@dataclass(frozen=True)
class Way:
    """``roads``: what may be used now, best first; none: wait ``look_in`` seconds. ``probe``: one message only."""

    roads: tuple[Any, ...] = ()
    probe: bool = False
    look_in: float | None = None


def roads_of(channel: str) -> tuple[Any, ...]:
    """The gateways of a channel, in the order of the settings."""
    found = gateways()
    if channel == "sms":
        return found.sms_roads
    return (found.voice,) if channel == "voice" else (found.mail,)


def usable(channel: str) -> int:
    """How many gateways of a channel take messages from us now."""
    return sum(circuits.find(road.name) is None for road in roads_of(channel))


def way_of(channel: str) -> Way:
    """How messages of this channel go now. A provider whose probe is due comes first, as it would if it worked."""
    closed, waits = [], []
    for road in roads_of(channel):
        circuit = circuits.find(road.name)
        if circuit is None:
            closed.append(road)
            continue
        wait = circuits.seconds_to_probe(circuit)
        if not wait and not closed:
            return Way((road,), probe=True)
        waits.append(wait)
    return Way(tuple(closed)) if closed else Way(look_in=max(0.0, min(waits, default=0.0)))
