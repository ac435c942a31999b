"""What ``flask check-config`` tries out: everything this site talks to, all at once, each for so long at most.

Nothing is sent and nothing is charged. Faults name the setting to look at and never its value.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from flask import Flask, current_app

from config import settings
from services import readiness, storage
from services.exports import replica
from services.gateway_setup import gateways
from services.gateways import CanBeTried, GatewayMisconfigured
from services.worker_setup import background


@dataclass
class Trial:
    """``name``: what is tried. ``found``: its faults, once it is over."""

    name: str
    attempt: Callable[[], list[str]]
    found: list[str] | None = field(default=None)

    def run(self, app: Flask) -> None:
        with app.app_context():
            try:
                self.found = self.attempt()
            except Exception as fault:
                self.found = [f"{self.name}: cannot be tried ({type(fault).__name__})"]

    def faults(self, seconds: float) -> list[str]:
        if self.found is None:
            return [f"{self.name}: no answer within {seconds:g} s"]
        return self.found


def trials() -> list[Trial]:
    """Of everything that these settings name."""
    return [
        Trial("database", _database),
        Trial("queue", _queue),
        Trial("storage", _storage),
        *_gateway_trials(),
    ]


def run(wanted: list[Trial], seconds: float) -> list[str]:
    """Every fault, in the order of the trials. Threads, since no time limit covers the look-up of a name."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    threads = [threading.Thread(target=trial.run, args=(app,), daemon=True) for trial in wanted]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    return [fault for trial in wanted for fault in trial.faults(seconds)]


def _database() -> list[str]:
    """Can it be reached, and is its schema this code's? And the replica, if there is one."""
    return [f"DATABASE_URL: {fault}" for fault in readiness.database_faults()] or replica.faults()


def _queue() -> list[str]:
    try:
        background().huey.pending_count()
    except Exception as fault:
        return [f"QUEUE_URL: the queue cannot be reached ({type(fault).__name__})"]
    return []


def _storage() -> list[str]:
    """Can a file be kept, read and removed where STORAGE_URL points?"""
    name = f"check/{secrets.token_hex(8)}"
    try:
        files = storage.store()
        with files.writing(name) as sink:
            sink.write(b"whole")
        kept = files.read(name, 0, 5)
        files.delete(name)
    except storage.NotSetUp as fault:
        return [str(fault)]
    except OSError as fault:
        return [f"STORAGE_URL: a file cannot be kept there ({fault.strerror or fault})"]
    return [] if kept == b"whole" else ["STORAGE_URL: a file that was kept there does not come back"]


def _gateways() -> dict[str, Callable[[], object]]:
    """By what it carries, how each is got hold of."""
    config, found = settings(), gateways()
    named: dict[str, Callable[[], object]] = {
        f"texts by {name}": lambda place=place: found.sms_roads[place]  # type: ignore[misc]
        for place, name in enumerate(config.sms_gateways)
    }
    if config.can_call:
        named["calls"] = lambda: found.voice
    named["mail"] = lambda: found.mail
    if config.identity_insights:
        named["insights"] = lambda: found.insights
    return named


def _gateway_trials() -> Iterator[Trial]:
    for name, get in _gateways().items():
        try:
            gateway = get()
        except GatewayMisconfigured:  # told already, by self_test
            continue
        if isinstance(gateway, CanBeTried):
            yield Trial(name, lambda gateway=gateway: [told] if (told := gateway.trouble()) else [])  # type: ignore[misc]
