"""What may be sent by text, to whom, how often, and what it may cost. Nothing here knows of pages or of providers."""

from services.number_places import country_of, prefix_of
from services.sending.calls import count as count_call
from services.sending.calls import refusal as refusal_of_call
from services.sending.notices import reachable
from services.sending.outlook import GUESSES, STOPPED, WAIT, Outlook, outlook
from services.sending.refusals import CALL_REGION, PAUSED, REGION, RangePaused, RegionClosed
from services.sending.rescue import Code
from services.sending.rules import count
from services.sending.waits import Unanswered, unanswered, wait_after

__all__ = [
    "CALL_REGION",
    "GUESSES",
    "PAUSED",
    "REGION",
    "STOPPED",
    "WAIT",
    "Code",
    "Outlook",
    "RangePaused",
    "RegionClosed",
    "Unanswered",
    "count",
    "count_call",
    "country_of",
    "outlook",
    "prefix_of",
    "reachable",
    "refusal_of_call",
    "unanswered",
    "wait_after",
]
