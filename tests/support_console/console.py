"""What the tests of the support console begin with."""

from typing import Any

from sqlalchemy import select

from extensions import db
from models import Account, AuditEvent, User
from tests.support.browser import Browser, Page
from tests.support.site import Site

REASON = "The owner lost her phone and called from the office."
EVIDENCE = "call_back"


def events(site: Site, account: Account, kind: str) -> list[AuditEvent]:
    """The account's audit events of one kind, oldest first."""
    with site.context():
        found = list(
            db.session.scalars(
                select(AuditEvent)
                .where(AuditEvent.account_id == account.id, AuditEvent.event == kind)
                .order_by(AuditEvent.id)
            )
        )
        db.session.expunge_all()
        return found


def account_path(account: Account) -> str:
    return f"/support/accounts/{account.public_id}"


def disable_path(account: Account) -> str:
    return account_path(account) + "/two-factor/disable"


def fill_in(browser: Browser, account: Account, **changed: Any) -> Page:
    """Fill and send the form on the account's page."""
    browser.get(account_path(account))
    fields = {"reason": REASON, "evidence": EVIDENCE, "account_name": account.name, **changed}
    return browser.submit(form="two-factor/disable", **fields)


def enter_code(site: Site, browser: Browser, answer: Page, support: User) -> Page:
    """From the interrupted form to the page with the one button, and press it."""
    assert answer.location.startswith("/step-up"), f"no code was asked for: {answer.status}"
    browser.get(answer.location)
    resume = browser.submit(code=site.code(support.mobile_number))
    browser.get(resume.location)
    return browser.submit(form="two-factor/disable")


def disable(site: Site, browser: Browser, account: Account, support: User, **changed: Any) -> Page:
    return enter_code(site, browser, fill_in(browser, account, **changed), support)
