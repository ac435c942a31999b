"""What is known of a number before a code goes to it, and which codes do not go because of it (IDENTITY_INSIGHTS).

docs/decisions/0016 says why. ``before_sending`` is the worker's part; what stands here is for the pages' side.
"""

from services.risk.changed_sims import SIM_CHANGED, SimChanged, changed_sim, refuse, seconds_stopped
from services.risk.numbers import CANNOT_RECEIVE, NOT_CALLED, may_be_called

__all__ = [
    "CANNOT_RECEIVE",
    "NOT_CALLED",
    "SIM_CHANGED",
    "SimChanged",
    "changed_sim",
    "may_be_called",
    "refuse",
    "seconds_stopped",
]
