"""Entering wrong codes, and what is seen of them afterwards."""

from collections.abc import Callable

from models import User
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.site import Site

Make = Callable[..., Site]
ROOMY = {
    "RESEND_AFTER": "0",
    "LIMIT_SMS_USER": "1000/hour",
    "LIMIT_SMS_USER_DAY": "1000/day",
    "CODE_SENDS": "20",
}


def guess(browser: Browser, code: str = "wrong") -> Page:
    return browser.post("/login/code", {"code": code})


def failed(site: Site, user: User, times: int) -> None:
    """As if so many wrong codes had been entered before."""
    with site.context(), write() as session:
        session.get_one(User, user.id).code_failures = times


def subjects(site: Site, to: str) -> list[str]:
    return [mail["subject"] for mail in site.mails(to)]
