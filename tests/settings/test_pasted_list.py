"""A list pasted from a spreadsheet fills the rows of the numbers window, and saves nothing."""

import pytest

from models import Account, User
from tests.settings.test_numbers_window import JSON, PATH, acme, name
from tests.support.browser import Browser
from tests.support.site import Site

Acme = tuple[Account, User, User, User]
__all__ = ["acme"]


def paste(browser: Browser, text: str) -> dict[str, object]:
    page = browser.post(PATH, {"pasted_list": text, "fill": "y"}, headers=JSON)
    assert page.status == 200
    return dict(page.response.json or {})


@pytest.mark.parametrize(
    "line",
    [
        "Ben\t07400 222333",
        "07400 222333\tben",
        "{email};07400 222333",
        '"Ben" , "07400 222333"',
        "Sales;BEN;07400 222333",
    ],
)
def test_columns_may_come_in_any_order_and_with_any_separator(site: Site, acme: Acme, line: str) -> None:
    account, owner, ana, ben = acme
    answer = paste(site.signed_in(owner), f"Who\tMobile\n{line.format(email=ben.email.upper())}\n")
    assert answer == {
        "rows": {name(ben): "07400 222333"},
        "message": "1 row was filled. Nothing is saved yet.",
        "problems": [],
    }
    assert site.world.reload(ben).mobile_number is None


def test_each_line_that_fills_nothing_is_named(site: Site, acme: Acme) -> None:
    account, owner, ana, ben = acme
    site.world.user(account, name="Kim")
    site.world.user(account, name="Kim")
    text = f"Zoe\t07400 222333\nAna\nKim\t07400 222334\n{owner.email}\t07400 222335\nBen\t4915123456789\nBen\t1234"
    answer = paste(site.signed_in(owner), text)
    assert answer["rows"] == {name(ben): "+4915123456789"}, "the plus that spreadsheets drop is put back"
    assert answer["problems"] == [
        "Line 1 matches nobody: Zoe 07400 222333",
        "Line 2 has no mobile number: Ana",
        "Line 3 matches more than one user: Kim 07400 222334",
        "Line 4 is you. Your own number is the field in the Security section.",
        "Line 6 is about a user who was in the list before: Ben 1234",
    ]


def test_nonsense_fills_nothing_and_a_long_list_of_problems_is_cut(site: Site, acme: Acme) -> None:
    browser = site.signed_in(acme[1])
    assert paste(browser, '\x00\t"\n;;;\n,')["rows"] == {}
    answer = paste(browser, "Nobody\t07400 222333\n" * 25)
    assert str(answer["message"]).startswith("No row was filled.")
    assert isinstance(answer["problems"], list)
    assert len(answer["problems"]) == 21
    assert answer["problems"][-1] == "And 5 more lines."


def test_without_scripts_the_page_comes_back_filled(site: Site, acme: Acme) -> None:
    account, owner, ana, ben = acme
    fields = {name(ana): "07400 999111", name(ben): "", "pasted_list": "Ben,07400 222333\nZoe,1", "fill": "y"}
    page = site.signed_in(owner).post(PATH, fields)
    assert page.status == 200
    assert (page.value(name(ana)), page.value(name(ben))) == ("07400 999111", "07400 222333")
    assert "1 row was filled. Nothing is saved yet." in page.words
    assert "Line 2 matches nobody: Zoe,1" in page.words
    assert site.world.reload(ben).mobile_number is None


@pytest.mark.asvs("8.2.2")
def test_a_user_of_another_account_is_nobody(site: Site, acme: Acme) -> None:
    stranger = site.world.owner(site.world.account("Other"))
    answer = paste(site.signed_in(acme[1]), f"{stranger.email}\t07400 222333")
    assert answer["rows"] == {}
