"""Fields that a form cannot mean: told beside the field, and nothing is added, dropped or fixed."""

import pytest
from sqlalchemy import func, select

from extensions import db
from models import Contact
from models.export import Export
from tests.support.browser import Browser
from tests.support.exporting import fixed_export
from tests.support.site import Site

MALFORMED = ("zz", "A" * 21, "A" * 23, "é" * 22, "\x00", "../" * 7)


@pytest.fixture
def browser(site: Site) -> Browser:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 2)
    return site.signed_in(owner)


def count(site: Site, model: type[Contact] | type[Export]) -> int:
    with site.context():
        return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


@pytest.mark.threat("F5")
@pytest.mark.parametrize("mobile", ["zz", "12", "+44", "7400 123456 ext 5", "020 7946 0018", "١٢"])
def test_a_contact_is_not_added_with_a_number_that_is_none(site: Site, browser: Browser, mobile: str) -> None:
    browser.get("/contacts/new")
    page = browser.submit(having="email", email="new@example.org", mobile=mobile)
    assert page.status == 422
    assert page.error("mobile")
    assert (page.value("mobile"), page.value("email")) == (mobile, "new@example.org")
    assert count(site, Contact) == 2


@pytest.mark.parametrize(
    ("mobile", "kept"), [("", ""), ("07400 123456", "+447400123456"), ("+1 (212) 555-0100", "+12125550100")]
)
def test_a_number_that_can_be_read_is_kept_in_its_one_form(
    site: Site, browser: Browser, mobile: str, kept: str
) -> None:
    browser.get("/contacts/new")
    assert browser.submit(having="email", email="new@example.org", mobile=mobile).status == 303
    with site.context():
        assert (
            db.session.scalars(select(Contact.mobile).where(Contact.email == "new@example.org")).one() == kept
        )


@pytest.mark.threat("I6")
@pytest.mark.parametrize("listed", MALFORMED)
def test_a_list_that_is_none_is_an_error_of_its_field(site: Site, browser: Browser, listed: str) -> None:
    browser.get("/contacts/new")
    page = browser.submit(having="email", email="new@example.org", list=listed)
    assert (page.status, page.error("list")) == (422, "Choose one from the list")
    browser.get("/contacts/export")
    page = browser.submit(having="columns", list=listed)
    assert (page.status, page.error("list")) == (422, "Choose one from the list")
    assert (count(site, Contact), count(site, Export)) == (2, 0)


def test_a_column_that_is_not_there_is_refused_and_not_left_out(site: Site, browser: Browser) -> None:
    browser.get("/contacts/export")
    page = browser.submit(having="columns", columns=["Email", "Password"])
    assert page.status == 422
    assert "not there" in page.errors[0]
    assert count(site, Export) == 0
    fixed_export(browser, columns=["Email", "Status"])
    assert count(site, Export) == 1
