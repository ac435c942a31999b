"""What ``flask check-config`` tries out, beyond the values that config.py judged when the process began."""

import secrets
from collections.abc import Callable

from config import settings
from services import readiness, storage
from services.exports import replica
from services.gateway_setup import gateways
from services.gateways import GatewayMisconfigured
from services.worker_setup import background

_MIN_SIGNATURE_SECRET = 32  # bytes; RFC 7518, 3.2: a key for HS256 is no shorter than its hash


def gateway_faults() -> list[str]:
    """Builds the gateways, as the worker does: keys are read and a token is signed, nothing is sent. And the store."""
    found = []
    builds: list[Callable[[], object]] = [lambda: gateways().sms_roads, lambda: gateways().mail]
    if settings().identity_insights:
        builds.append(lambda: gateways().insights)
    if settings().can_call:
        builds.append(lambda: gateways().voice)
    for build in builds:
        try:
            build()
        except GatewayMisconfigured as fault:
            found.append(str(fault))
    try:
        storage.store()
    except storage.NotSetUp as fault:
        found.append(str(fault))
    return list(dict.fromkeys(found))  # one key serves texts and calls


def network_faults() -> list[str]:
    """Can the database be reached, is its schema this code's, can the queue be opened?"""
    found = [f"DATABASE_URL: {fault}" for fault in readiness.database_faults()]
    try:
        background().huey.pending_count()
    except Exception as fault:
        found.append(f"QUEUE_URL: the queue cannot be reached ({type(fault).__name__})")
    if not found:
        found += replica.faults()
    return found + _storage_faults()


def _storage_faults() -> list[str]:
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


def remarks() -> list[str]:
    """What works, but perhaps not as it was meant."""
    config = settings()
    found = []
    if "vonage" in config.sms_gateways:
        secret = config.vonage_signature_secret
        if not secret:
            found.append("VONAGE_SIGNATURE_SECRET is empty: delivery receipts will not be taken")
        elif len(secret.encode()) < _MIN_SIGNATURE_SECRET:
            found.append(
                f"VONAGE_SIGNATURE_SECRET is shorter than {_MIN_SIGNATURE_SECRET} bytes: ask for a longer one"
            )
    if config.is_production and config.trusted_proxies == 0:
        found.append("TRUSTED_PROXIES is 0: behind a proxy, everybody would seem to come from its address")
    return found
