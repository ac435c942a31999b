"""Asking for texts, below any page and through pages."""

from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from extensions import db
from models import LoginSession, Message, User
from services import codes, sessions
from services.limits import LimitExceeded
from services.origin import acting_from
from tests.support.site import Site

Make = Callable[..., Site]


def texts(site: Site) -> Counter[str]:
    """Texts promised so far, by template."""
    with site.context():
        return Counter(db.session.scalars(select(Message.template).where(Message.channel == "sms")))


def sent_to(site: Site, number: str | None) -> int:
    with site.context():
        found = select(Message.id).where(Message.channel == "sms", Message.recipient == number)
        return len(db.session.scalars(found).all())


class Asker:
    """Asks for codes on behalf of anyone, each for a question of its own."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._scopes = count()
        self._sessions: dict[int, LoginSession] = {}

    def ask(self, user: User, number: str | None = None, *, address: str = "192.0.2.1") -> str:
        """ "sent", or the name of the limit that refused."""
        with self.site.context(), acting_from(address):
            here = db.session.get_one(User, user.id)
            if user.id not in self._sessions:
                self._sessions[user.id] = sessions.start(here, second_step="code").session
            try:
                codes.open_challenge(
                    here,
                    purpose=codes.CONFIRM_MOBILE if number else "step_up:test",
                    scope=f"scope {next(self._scopes)}",
                    destination=number or str(here.mobile_number),
                    belongs_to=self._sessions[user.id],
                )
            except LimitExceeded as limit:
                return limit.name
            except codes.TooSoon:
                return "wait"
        return "sent"


@pytest.fixture
def asker(make_site: Make) -> Callable[..., Asker]:
    """An asker whom no wait between two texts holds up, on a site with these limits."""

    def make(**settings: Any) -> Asker:
        return Asker(make_site(**{"RESEND_AFTER": "0", **settings}))

    return make
