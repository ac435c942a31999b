"""A CSV comes in: good rows are kept, bad ones are listed with their reason."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser

People = Callable[..., Person]
Companies = Callable[..., SimpleNamespace]


def test_the_good_rows_come_in_and_the_bad_one_is_listed(
    person: People, company: Companies, tmp_path: Path, scripts: bool
) -> None:
    file = tmp_path / "münchen.csv"
    file.write_text(
        "Email;FIRSTNAME;City\n"
        + "".join(f"guest-{n}@example.org;Gäst {n};München\n" for n in range(200))
        + "no address;X;Y\n",
        encoding="utf-8-sig",
    )
    ana = person(company(two_factor=False).ana)
    ana.sign_in().press("Import").heading("Import contacts").press("Continue")
    assert ana.error("file")
    ana.page.locator("[name=file]").set_input_files(file)
    ana.press("Continue").heading("Where do the columns go?").look().sees("Gäst 0").sees("201")
    ana.page.get_by_label("Goes to, City").select_option("new")
    name = ana.page.get_by_label("Name of the new data field, City")
    assert name.is_visible()
    assert name.input_value() == "CITY"
    assert not ana.page.get_by_label("Name of the new data field, FIRSTNAME").is_visible()
    name.fill("Ort")
    ana.page.get_by_label("Goes to, Email").select_option("")
    ana.press("Import", within="main form")
    assert ana.error("to_0")
    ana.look().page.get_by_label("Goes to, Email").select_option("email")
    assert name.input_value() == "Ort"
    ana.press("Import", within="main form").heading("Import of münchen.csv")
    done = ana.page.get_by_text("The import is done")
    if scripts:
        done.wait_for()
    else:
        for _ in range(50):
            if done.count():
                break
            ana.page.get_by_role("link", name="Show how far it is now").click()
    ana.look().sees("200 contacts added, 0 updated, 0 unchanged, 1 row refused.")
    row = ana.page.locator("tbody tr", has_text="no address")
    assert "202" in row.inner_text()
    ana.open("/contacts?q=guest-19").sees(re.compile("found"))


def test_what_is_not_a_csv_is_refused_in_words(person: People, company: Companies, tmp_path: Path) -> None:
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    ana = person(company(two_factor=False).ana)
    ana.sign_in().press("Import")
    ana.page.locator("[name=file]").set_input_files(file)
    ana.press("Continue").heading("Import contacts")
    assert ana.error("file")
