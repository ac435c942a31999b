"""Many at once: one code disables once, and an account is turned off once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from extensions import db
from models import Account, AuditEvent
from services import support
from services.disabling import Disabling, Operator
from services.support import AlreadyOff
from tests.support.site import Site
from tests.support_console.console import EVIDENCE, REASON, disable_path, fill_in

AT_ONCE = 8


@pytest.mark.threat("B6")
def test_one_code_posted_many_times_at_once_disables_once(site: Site) -> None:
    account, owner = site.world.acme()
    person = site.world.support()
    browser = site.signed_in(person)
    browser.get(fill_in(browser, account).location)
    resume = browser.submit(code=site.code(person.mobile_number))
    page = browser.get(resume.location)
    token = page.value("csrf_token")
    cookie = browser.cookie("session") or ""

    def post(_: int) -> int:
        client = site.app.test_client()
        client.set_cookie("session", cookie)
        fields = {"csrf_token": token, "reason": REASON, "evidence": EVIDENCE, "account_name": account.name}
        return client.post(disable_path(account), data=fields).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(post, range(AT_ONCE)))
    assert set(statuses) == {303}
    assert _count(site, account, "two_factor:off") == 1
    assert len([m for m in site.mails(owner.email) if "was turned off" in m["subject"]]) == 1


def test_several_support_people_at_once_turn_it_off_once(site: Site) -> None:
    account, _ = site.world.acme()
    people = [site.world.support() for _ in range(AT_ONCE)]

    def act(number: int) -> str:
        with site.context():
            wanted = Disabling(account, Operator.person(people[number]), REASON, EVIDENCE)
            try:
                support.disable(wanted)
            except AlreadyOff:
                return "already off"
            return "done"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = sorted(pool.map(act, range(AT_ONCE)))
    assert outcomes == ["already off"] * (AT_ONCE - 1) + ["done"]
    assert _count(site, account, "two_factor:off") == 1


def _count(site: Site, account: Account, kind: str) -> int:
    with site.context():
        found = select(func.count()).where(AuditEvent.account_id == account.id, AuditEvent.event == kind)
        return db.session.scalar(found) or 0
