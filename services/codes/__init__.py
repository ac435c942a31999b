"""The code engine. It knows of challenges, phones and guesses, and nothing of pages.

A code is never stored. It is derived from the challenge's nonce by a key that the database does not hold, so a copy of
the database tells no code, a repeated text carries the same one, and the sender renders it at the last moment.

Sources: NIST SP 800-63B-4 3.1.3 (out-of-band secrets: 6 digits or more, 10 minutes at most, used once);
OWASP ASVS 5.0 6.6.2 (bound to the request it was made for), 6.6.3 (guesses are limited), 6.5.1 (used once).
"""

from services.codes.calling import NoCall, NoCallsNow, NoMoreCalls, call, may_call, newest_message
from services.codes.challenges import (
    CodesStopped,
    NoMoreTexts,
    NotYet,
    TooSoon,
    close,
    close_all,
    hold,
    is_live,
    open_challenge,
    resend,
    seconds_until_resend,
)
from services.codes.derive import CODE_DIGITS, clean, code_for
from services.codes.judging import Outcome, Verdict, check, unanswerable
from services.codes.purposes import CONFIRM_MOBILE, LOGIN, STEP_UP, needs_old_sim, purpose_in_words

__all__ = [
    "CODE_DIGITS",
    "CONFIRM_MOBILE",
    "LOGIN",
    "STEP_UP",
    "CodesStopped",
    "NoCall",
    "NoCallsNow",
    "NoMoreCalls",
    "NoMoreTexts",
    "NotYet",
    "Outcome",
    "TooSoon",
    "Verdict",
    "call",
    "check",
    "clean",
    "close",
    "close_all",
    "code_for",
    "hold",
    "is_live",
    "may_call",
    "needs_old_sim",
    "newest_message",
    "open_challenge",
    "purpose_in_words",
    "resend",
    "seconds_until_resend",
    "unanswerable",
]
