"""What may be sent by text, to whom, how often, and what it may cost. Nothing here knows of pages or of providers."""

from services.number_places import country_of, prefix_of
from services.sending.notices import reachable
from services.sending.outlook import GUESSES, STOPPED, WAIT, Outlook, outlook
from services.sending.refusals import PAUSED, REGION, RangePaused, RegionClosed
from services.sending.rules import Text, count
from services.sending.waits import Unanswered, unanswered, wait_after

__all__ = [
    "GUESSES",
    "PAUSED",
    "REGION",
    "STOPPED",
    "WAIT",
    "Outlook",
    "RangePaused",
    "RegionClosed",
    "Text",
    "Unanswered",
    "count",
    "country_of",
    "outlook",
    "prefix_of",
    "reachable",
    "unanswered",
    "wait_after",
]
