"""What support decides when it turns two-factor authentication off: for whom, by whom, why, and on what evidence."""

from dataclasses import dataclass
from typing import Self

from models.account import Account
from models.support import SupportRequest
from models.user import User
from services.audit import label
from services.language import N_

#: How support made sure of who asks: what is stored -> what is read.
EVIDENCE = {
    "video_call": N_("Video call with an identity document"),
    "call_back": N_("Call back to the company's switchboard"),
    "signed_letter": N_("Signed letter from the company"),
    "owner_address": N_("Owner confirmed from their own e-mail address, and one more proof"),
    "contract": N_("Details of the contract and of past invoices"),
}

#: Characters. Long enough to say something, short enough for a mail.
REASON_MIN, REASON_MAX = 10, 1000


@dataclass(frozen=True)
class Operator:
    """Who acts for support: a support person, or someone named at the command line (``user`` is None)."""

    user: User | None
    label: str

    @classmethod
    def person(cls, user: User) -> Self:
        return cls(user, label(user))

    @classmethod
    def at_the_command_line(cls, name: str) -> Self:
        return cls(None, f"command line: {name}"[:200])


@dataclass(frozen=True)
class Disabling:
    """``reason`` is read by everyone in the account; ``evidence`` is a key of EVIDENCE."""

    account: Account
    operator: Operator
    reason: str
    evidence: str
    #: The request that asked for it, if any; it is closed with it.
    request: SupportRequest | None = None
