"""What breaks an invariant is written down; the machine looks at it after each step."""

from tests.fuzz.seen import Seen
from tests.fuzz.world import World


def wrong(world: World, number: int, seen: Seen, what: str) -> None:
    world.violations[number].append(f"{what} ({seen.told})")


def expect(world: World, seen: Seen, event: str, person: int) -> None:
    """Invariant 7."""
    if not any(found == event and actor == person for found, actor, *_ in seen.events):
        wrong(world, 7, seen, f"no {event} in the log")
