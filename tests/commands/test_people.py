"""Creating the people whom nobody can invite."""

import pytest
from sqlalchemy import func, select

from extensions import db
from models import Account, AuditEvent, Role, User
from tests.commands.conftest import Run
from tests.support.site import Site

GOOD = "a raven over nine harbours"
OWNER = ("create-owner", "--account", "Acme Retail", "--email", "Dana.Whitfield@Acme.example")
SUPPORT = ("create-support-admin", "--email", "sam@countersign.example", "--mobile", "+44 7400 123470")


def people(site: Site) -> list[User]:
    with site.context():
        found = list(db.session.scalars(select(User)))
        db.session.expunge_all()
        return found


def test_an_owner_is_created_with_an_account_and_can_sign_in(site: Site, run: Run) -> None:
    done = run(*OWNER, "--mobile", "07400 123456", PASSWORD=GOOD)
    assert done.exit_code == 0, done.output
    [owner] = people(site)
    assert (owner.email, owner.name) == ("dana.whitfield@acme.example", "Dana Whitfield")
    assert (owner.mobile_number, owner.mobile_number_typed) == ("+447400123456", "07400 123456")
    assert (owner.role, owner.mobile_confirmed) == (Role.OWNER, False)
    with site.context():
        account = db.session.scalars(select(Account)).one()
        assert (account.name, account.region, account.two_factor_on) == ("Acme Retail", "GB", False)
        event = db.session.scalars(select(AuditEvent)).one()
        assert (event.event, event.actor_label, event.address) == (
            "account:created", "command line", "command line",
        )  # fmt: skip
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email="dana.whitfield@acme.example", password=GOOD).status == 303


def test_creating_an_owner_again_changes_nothing_and_asks_for_no_password(site: Site, run: Run) -> None:
    run(*OWNER, PASSWORD=GOOD)
    before = people(site)[0].password_hash
    again = run(*OWNER)
    assert (again.exit_code, again.output) == (
        0, "dana.whitfield@acme.example owns 'Acme Retail' already. Nothing was changed.\n",
    )  # fmt: skip
    assert [person.password_hash for person in people(site)] == [before]


def test_the_password_can_be_typed_twice(site: Site, run: Run) -> None:
    assert run(*OWNER, stdin=f"{GOOD}\n{GOOD}\n").exit_code == 0
    assert len(people(site)) == 1


@pytest.mark.parametrize(
    ("changed", "password", "complaint"),
    [
        ((), "too short", "15 characters or more"),
        ((), "dana.whitfield@acme.example", "easy to guess"),
        (("--email", "not an address"), GOOD, "not an e-mail address"),
        (("--mobile", "020 7946 0000"), GOOD, "mobile number"),
        (("--name", "x" * 101), GOOD, "1 to 100"),
        (("--account", " "), GOOD, "1 to 100"),
    ],
)
def test_what_a_page_would_refuse_is_refused_in_a_line_and_nobody_is_created(
    site: Site, run: Run, changed: tuple[str, ...], password: str, complaint: str
) -> None:
    done = run(*OWNER, *changed, PASSWORD=password)
    assert done.exit_code == 1
    assert complaint in done.output
    assert "Traceback" not in done.output
    assert people(site) == []


def test_an_address_or_an_account_that_is_taken_is_refused(site: Site, run: Run) -> None:
    run(*OWNER, PASSWORD=GOOD)
    other_owner = run("create-owner", "--account", "acme retail", "--email", "b@acme.example", PASSWORD=GOOD)
    other_account = run("create-owner", "--account", "Other", "--email", OWNER[-1], PASSWORD=GOOD)
    as_support = run("create-support-admin", "--email", OWNER[-1], "--mobile", "07400123456", PASSWORD=GOOD)
    assert [done.exit_code for done in (other_owner, other_account, as_support)] == [1, 1, 1]
    assert len(people(site)) == 1


def test_a_support_admin_is_created_once_and_signs_in_with_a_code(site: Site, run: Run) -> None:
    assert run(*SUPPORT, PASSWORD=GOOD).exit_code == 0
    assert "Nothing was changed" in run(*SUPPORT, PASSWORD=GOOD).output
    [support] = people(site)
    assert (support.role, support.account_id, support.mobile_number) == (Role.SUPPORT, None, "+447400123470")
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email=support.email, password=GOOD).location == "/login/code"


@pytest.mark.parametrize("number", ["", "0800 123456", "12345"])
def test_a_support_admin_needs_a_number_that_can_be_texted(site: Site, run: Run, number: str) -> None:
    done = run(*SUPPORT[:-1], number, PASSWORD=GOOD)
    assert done.exit_code == 1
    with site.context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 0
