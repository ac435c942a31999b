"""What shows without asking anybody, beyond the values that config.py judged when the process began.

What has to be asked for is tried in self_trials.py.
"""

from collections.abc import Callable

from config import settings
from services import storage
from services.gateway_setup import gateways
from services.gateways import GatewayMisconfigured

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
