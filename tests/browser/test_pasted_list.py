"""The numbers window takes a list out of a spreadsheet, and says whose country a number is of."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person

pytestmark = pytest.mark.browser

People = Callable[..., Person]
Companies = Callable[..., SimpleNamespace]

PASTE = """([name, text]) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const field = document.querySelector(`[name="${name}"]`);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


@pytest.mark.parametrize("setting", ["scripts"], indirect=True)
def test_a_list_pasted_into_the_window_fills_its_rows(person: People, company: Companies) -> None:
    people = company(two_factor=False)
    dana = person(people.owner)
    dana.sign_in().open_settings("Account")
    opener = dana.page.get_by_role("link", name="Mobile numbers of all users")
    opener.click()
    window = dana.page.get_by_role("dialog", name="Mobile numbers")
    ana, ben = (f"mobile_number-{user.public_id}" for user in (people.ana, people.ben))
    country = dana.page.locator(f'.field:has([name="{ben}"]) + .number-country')
    for typed, said in {
        "07400 299": "United Kingdom",
        "+49 15": "Germany",
        "+1868": "Trinidad & Tobago",
    }.items():
        dana.fill(**{ben: typed})
        expect(country).to_have_text(said)
    dana.fill(**{ben: ""})
    expect(country).to_have_text("")

    dana.page.evaluate(
        PASTE, [ben, f"Name\tMobile\nBen Carter\t+353851234567\n{people.ana.email}\t07400 299997\nZoe\t1"]
    )
    expect(window.locator("[data-rows-status]")).to_contain_text("2 rows were filled. Nothing is saved yet.")
    expect(window.locator("[data-rows-status] li")).to_have_text(["Line 4 matches nobody: Zoe 1"])
    expect(window.locator(f'[name="{ana}"]')).to_have_value("07400 299997")
    expect(country).to_have_text("Ireland")
    assert dana.focused() == ana, "the first row that was filled, as none is empty"
    dana.look()
    for scheme in ("dark", "light"):
        dana.page.emulate_media(color_scheme=scheme)
        dana.look()
    window.get_by_text("Paste a list").click()
    window.get_by_label("List from a spreadsheet").fill("nobody at all")
    window.get_by_role("button", name="Fill in the rows").click()
    expect(window.locator("[data-rows-status]")).to_contain_text("No row was filled.")
    assert dana.focused() == "pasted_list"
    dana.look()
    dana.page.keyboard.press("Escape")
    expect(window).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("setting", ["no-scripts"], indirect=True)
def test_without_scripts_the_page_fills_its_rows_from_a_list(person: People, company: Companies) -> None:
    people = company(two_factor=False)
    dana = person(people.owner)
    dana.sign_in().open("/settings/account/mobile-numbers")
    dana.page.get_by_text("Paste a list").click()
    dana.fill(pasted_list="07400 299997;Ben Carter\nZoe;1").press("Fill in the rows").heading(
        "Mobile numbers"
    )
    dana.sees("1 row was filled. Nothing is saved yet.").sees("Line 2 matches nobody: Zoe;1")
    ben = dana.page.locator(f'[name="mobile_number-{people.ben.public_id}"]')
    expect(ben).to_have_value("07400 299997")
    dana.press("Save numbers").heading("Account").sees("Mobile numbers saved.")
    dana.open("/settings/account/mobile-numbers").sees("United Kingdom")
