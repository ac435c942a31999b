"""Finding accounts, and what of an account support may see."""

from datetime import timedelta

import pytest
import time_machine

from models import Account, AuditEvent
from services import support_accounts
from services.clock import now
from tests.support.browser import Page
from tests.support.site import Site
from tests.support_console.console import account_path, events


def test_accounts_are_found_by_a_part_of_their_name(site: Site) -> None:
    site.world.account("Acme Retail")
    site.world.account("Borealis Travel")
    site.world.account("Überland Café")
    browser = site.signed_in(site.world.support())
    for query, found in {
        "acme": ["Acme Retail"],
        "TRAVEL": ["Borealis Travel"],
        "café": ["Überland Café"],
        "überland": ["Überland Café"],
        "": ["Acme Retail", "Borealis Travel", "Überland Café"],
    }.items():
        assert _names(browser.get("/support", query_string={"q": query})) == found, query


def test_accounts_are_found_by_the_beginning_of_an_address(site: Site) -> None:
    account, owner = site.world.acme()
    site.world.account("Borealis Travel")
    gone = site.world.user(account, email="gone@acme.example", removed_at=now())
    browser = site.signed_in(site.world.support())
    assert _names(browser.get("/support", query_string={"q": owner.email.upper()})) == ["Acme Retail"]
    assert _names(browser.get("/support", query_string={"q": owner.email[:5]})) == ["Acme Retail"]
    assert _names(browser.get("/support", query_string={"q": owner.email[1:]})) == []
    assert _names(browser.get("/support", query_string={"q": gone.email})) == []


@pytest.mark.parametrize("query", ["%", "_", "\\", "\x00", "'; --", "x" * 5000, "a\x00b", "\ud7ff🙂"])
def test_an_odd_query_finds_nothing_and_breaks_nothing(site: Site, query: str) -> None:
    site.world.account("Acme Retail")
    browser = site.signed_in(site.world.support())
    page = browser.get("/support", query_string={"q": query})
    assert page.status == 200
    assert _names(page) == ([] if query != "\x00" else ["Acme Retail"])


def test_pages_of_accounts_neither_lose_nor_repeat_one(site: Site) -> None:
    names = [f"Account {number // 2:03}" for number in range(60)]  # each name twice
    for name in names:
        site.world.account(name)
    browser = site.signed_in(site.world.support())
    page = browser.get("/support")
    pages = [_names(page)]
    while _link(page, "next"):
        page = browser.get(_link(page, "next"))
        pages.append(_names(page))
    assert [name for shown in pages for name in shown] == sorted(names)
    assert [len(shown) for shown in pages] == [25, 25, 10]
    back = browser.get(_link(page, "prev"))
    assert _names(back) == sorted(names)[25:50]
    first = browser.get(_link(back, "prev"))
    assert _names(first) == sorted(names)[:25]
    assert _link(first, "prev") == ""


def test_a_cursor_that_is_no_account_begins_at_the_beginning(site: Site) -> None:
    site.world.account("Acme Retail")
    browser = site.signed_in(site.world.support())
    for place in ({"after": "nobody"}, {"before": "\x00"}, {"after": "x" * 3000}):
        assert _names(browser.get("/support", query_string=place)) == ["Acme Retail"]


def test_an_account_shows_what_is_needed_to_judge(site: Site) -> None:
    account, owner = site.world.acme()
    newcomer = site.world.user(account, mobile_confirmed_at=None, name="Newcomer")
    page = site.signed_in(site.world.support()).get(account_path(account))
    assert page.heading == account.name
    for words in (
        owner.name,
        owner.email,
        "Owner",
        "Confirmed",
        "turned on by Dana",
        newcomer.email,
        "Not confirmed",
    ):
        assert words in page.words, words


@pytest.mark.threat("F9")
@pytest.mark.asvs("14.2.6")
@pytest.mark.asvs("8.2.3")
def test_an_account_shows_no_whole_number_no_contact_and_no_export(site: Site) -> None:
    account, owner = site.world.acme()
    site.world.contacts(account, 3, list_name="Newsletter")
    page = site.signed_in(site.world.support()).get(account_path(account))
    number = str(owner.mobile_number)
    assert number not in page.text.replace(" ", "")
    assert number[3:-2] not in page.text.replace(" ", "")
    for word in ("contact-", "Newsletter", "example.org", "3 contacts"):
        assert word not in page.text, word


def test_events_about_contacts_are_not_shown(site: Site) -> None:
    from services.audit import Event, record
    from services.unit_of_work import write

    account, owner = site.world.acme()
    with site.context(), write():
        record(
            Event.EXPORT_FIXED, account=account, actor=owner, rows=12431, list="VIPs", status="", export="x"
        )
        record(
            Event.IMPORT_FINISHED,
            account=account,
            actor=owner,
            file="people.csv",
            added=777,
            updated=0,
            refused=0,
        )
        for purpose in ("export contacts", "sign in"):
            record(Event.CODE_SENT, account=account, actor=owner, purpose=purpose, number="•• 56")
        record(Event.PASSWORD_CHANGED, account=account, actor=owner)
    page = site.signed_in(site.world.support()).get(account_path(account))
    assert "changed their password" in page.words
    assert "code to sign in" in page.words
    for word in ("12,431", "12431", "VIPs", "people.csv", "777", "export"):
        assert word not in page.text, word


def test_a_look_is_recorded_once_an_hour_for_each_session(site: Site) -> None:
    account, _ = site.world.acme()
    support = site.world.support()
    browser = site.signed_in(support)
    for _ in range(3):
        browser.get(account_path(account))
    assert len(_looks(site, account)) == 1
    assert _looks(site, account)[0].actor_id == support.id
    other = site.signed_in(support)  # a session of its own, so a record of its own
    other.get(account_path(account))
    assert len(_looks(site, account)) == 2
    with time_machine.travel(now() + timedelta(minutes=50), tick=False):
        browser.get(account_path(account))
    assert len(_looks(site, account)) == 2
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        signed_in_again = site.signed_in(support)
        signed_in_again.get(account_path(account))
    assert len(_looks(site, account)) == 3


def test_asking_for_the_head_only_records_no_look(site: Site) -> None:
    account, _ = site.world.acme()
    browser = site.signed_in(site.world.support())
    assert browser.head(account_path(account)).status == 200
    assert _looks(site, account) == []


def test_looking_at_one_account_is_no_look_at_another(site: Site) -> None:
    acme = site.world.account("Acme Retail")
    borealis = site.world.account("Borealis Travel")
    browser = site.signed_in(site.world.support())
    browser.get(account_path(acme))
    browser.get(account_path(borealis))
    assert len(_looks(site, acme)) == len(_looks(site, borealis)) == 1


def test_people_of_a_large_account_are_found_by_search(site: Site) -> None:
    account, owner = site.world.acme()
    for number in range(support_accounts.PEOPLE_SHOWN + 5):
        site.world.user(
            account, name=f"Person {number:03}", mobile_number=None, email=f"p{number:03}@acme.example"
        )
    browser = site.signed_in(site.world.support())
    page = browser.get(account_path(account))
    assert owner.email in page.words
    assert "p054@acme.example" not in page.words
    for query in ("p054", "Person 054"):
        assert "p054@acme.example" in browser.get(account_path(account), query_string={"person": query}).words
    nobody = browser.get(account_path(account), query_string={"person": "\x01%"})
    assert "Nobody of this account matches" in nobody.words


def _names(page: Page) -> list[str]:
    return [cell.get_text(strip=True) for cell in page.html.select("tbody th")]


def _link(page: Page, rel: str) -> str:
    found = page.html.select_one(f'a[rel="{rel}"]')
    return str(found["href"]) if found else ""


def _looks(site: Site, account: Account) -> list[AuditEvent]:
    return events(site, account, "support:looked")
