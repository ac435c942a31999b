"""Demo data as the contract names it."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from extensions import db
from models import Account, AuditEvent, Contact, ContactList, User
from services import demo
from tests.commands.conftest import Run
from tests.support.site import Site

PEOPLE = {
    "owner@acme.example": ("owner", "+447400123456", False),
    "ana@acme.example": ("user", "+447400123457", True),
    "ben@acme.example": ("user", None, False),
    "owner@borealis.example": ("owner", "+447400123460", False),
    "cleo@borealis.example": ("user", "+447400123461", True),
    "support@countersign.example": ("support_admin", "+447400123470", False),
}


def counts(site: Site) -> dict[str, int]:
    with site.context():
        return {
            table.__tablename__: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Account, User, Contact, ContactList, AuditEvent)
        }


def test_the_demo_people_are_those_of_the_contract(site: Site, run: Run) -> None:
    assert run("seed-demo", "--contacts", "0").exit_code == 0
    with site.context():
        found = {
            user.email: (user.role, user.mobile_number, user.can_export)
            for user in db.session.scalars(select(User))
        }
        two_factor = {account.name: account.two_factor_on for account in db.session.scalars(select(Account))}
    assert found == PEOPLE
    assert two_factor == {"Acme Retail": False, "Borealis Travel": True}


def test_seeding_again_changes_nothing(site: Site, run: Run) -> None:
    run("seed-demo", "--contacts", "40")
    before = counts(site)
    again = run("seed-demo", "--contacts", "40")
    assert again.exit_code == 0
    assert "Nothing was changed" in again.output
    assert counts(site) == before


def test_the_contacts_are_on_their_lists(site: Site, run: Run) -> None:
    run("seed-demo", "--contacts", "40")
    with site.context():
        by_account = db.session.execute(
            select(Account.name, func.count())
            .join(Contact, Contact.account_id == Account.id)
            .group_by(Account.name)
        ).all()
        lists = db.session.scalars(
            select(ContactList.name).join(Account, Account.id == ContactList.account_id)
            .where(Account.name == "Acme Retail").order_by(ContactList.name)
        ).all()  # fmt: skip
    assert {row[0]: row[1] for row in by_account} == {"Acme Retail": 40, "Borealis Travel": 20}
    assert lists == ["Customers", "Newsletter"]


def test_everybody_of_the_demo_can_sign_in_as_printed(site: Site, run: Run) -> None:
    output = run("seed-demo", "--contacts", "0").output
    assert demo.PASSWORD in output
    for email, (_, number, _) in PEOPLE.items():
        assert email in output
        browser = site.browser()
        browser.get("/login")
        answer = browser.submit(email=email, password=demo.PASSWORD)
        assert answer.status == 303
        needs_code = "borealis" in email or "support" in email
        assert (answer.location == "/login/code") == needs_code
        if needs_code:
            browser.get("/login/code")
            assert browser.submit(code=site.code(number)).status == 303


def test_the_demos_audit_log_is_whole(site: Site, run: Run) -> None:
    run("seed-demo", "--contacts", "0")
    assert run("audit", "verify").exit_code == 0


@pytest.fixture
def production(make_site: Callable[..., Site]) -> Site:
    return make_site(
        APP_ENV="production", PUBLIC_URL="https://app.example.com", SMS_GATEWAY="vonage", MAIL_GATEWAY="smtp",
        SMTP_URL="smtps://u:p@mail.example.com", VONAGE_APPLICATION_ID="a", VONAGE_PRIVATE_KEY="k",
        VONAGE_SENDER="Acme",
    )  # fmt: skip


@pytest.mark.asvs("15.2.3")
def test_production_gets_no_demo_people(production: Site, run: Run) -> None:
    done = run("seed-demo", app=production)
    assert done.exit_code == 1
    assert counts(production)["users"] == 0
