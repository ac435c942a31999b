"""How far a run came."""

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Figures of a whole run."""

    examples: int = 0
    steps: int = 0
    requests: int = 0
    routes: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.perf_counter)

    def endpoints(self) -> int:
        return len({route.partition(" ")[2] for route in self.routes} - {"nowhere"})

    def figures(self) -> str:
        return (
            f"{self.steps} steps of {self.examples} sites, {self.requests} requests to {self.endpoints()} endpoints"
            f" ({len(self.routes)} with their methods), {time.perf_counter() - self.began:.0f} seconds"
        )
