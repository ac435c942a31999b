"""A code on its way to a phone, and more of them for whoever has just changed a password that somebody else knew.

What that one can have used up keeps nobody out who has a fresh password; instead a few more are allowed by a limit of
their own. Texts (rules.py) and calls (calls.py) each have theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services import limits
from services.clock import now
from services.limits import LimitExceeded

_LASTS = timedelta(days=1)


@dataclass(frozen=True)
class Code:
    """About to be sent or spoken. ``proved``: this user has confirmed exactly this number before."""

    user_id: int
    account_id: int | None
    number: str
    proved: bool
    #: Whose password is fresh is not kept out by what was asked for with the old one.
    password_changed_at: datetime | None = None

    @property
    def has_fresh_password(self) -> bool:
        changed = self.password_changed_at
        return changed is not None and now() - changed < _LASTS


@dataclass(frozen=True)
class Rescue:
    """``limit``: its own, counted for each of ``subjects``; ``instead_of``: those that it stands in for."""

    limit: str
    instead_of: frozenset[str]
    subjects: Sequence[object]


def hit_each(subjects: Mapping[str, object], rescue: Rescue | None) -> None:
    """limits.hit_each, or the rescue in place of what is used up. Inside the write() that sends."""
    try:
        limits.hit_each(subjects)
    except LimitExceeded as full:
        if rescue is None or full.name not in rescue.instead_of:
            raise
        limits.hit_each({name: of for name, of in subjects.items() if name not in rescue.instead_of})
        for subject in rescue.subjects:
            limits.hit(rescue.limit, subject)


def check_each(subjects: Mapping[str, object], rescue: Rescue | None) -> None:
    """Raise what ``hit_each`` would; counts nothing."""
    for name, of in subjects.items():
        try:
            limits.check(name, of)
        except LimitExceeded:
            if rescue is None or name not in rescue.instead_of:
                raise
            for subject in rescue.subjects:
                limits.check(rescue.limit, subject)
