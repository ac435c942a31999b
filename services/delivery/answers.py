"""What gateways answered this process, counted since it started (services/metrics.py tells it)."""

import threading
from collections import Counter

_KINDS = frozenset({"accepted", "refused", "retry", "unknown", "held"})
_found: Counter[tuple[str, str]] = Counter()
_lock = threading.Lock()


def count(gateway: str, event: str) -> None:
    """A step in the life of a message; one that is no answer of a gateway is not counted."""
    if event in _KINDS:
        with _lock:
            _found[gateway, event] += 1


def counted() -> dict[tuple[str, str], int]:
    """By (gateway, answer)."""
    with _lock:
        return dict(_found)
