"""Contacts leave the account only behind a code that names the export."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser

People = Callable[..., Person]
Companies = Callable[..., SimpleNamespace]


def start_export(ana: Person, of: str) -> Person:
    ana.open("/contacts").press("Export").heading("Export contacts")
    ana.page.locator("[name=list]").select_option(label=of)
    if ana.scripts:  # counted again at once; without scripts it is by a button
        ana.sees(re.compile(f"This export holds .*{of.partition(' (')[0]}", re.IGNORECASE))
    return ana.press("Continue")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_an_export_asks_for_a_code_of_its_own(person: People, company: Companies, tmp_path: Path) -> None:
    people = company(two_factor=True)
    newsletter = "Newsletter"
    person_world = person(people.ana)
    person_world.site.world.contacts(people.account, 3, list_name=newsletter)
    ana = person_world
    ana.sign_in_with_code().heading("Contacts")
    ana.press("Add contact").fill(
        email="rosa@example.org", first_name='=HYPERLINK("http://x.example")', last_name="Müller"
    )
    ana.page.locator("[name=list]").select_option(label=newsletter)
    ana.press("Add contact").sees("rosa@example.org")

    start_export(ana, "Newsletter (4)").heading("Export of Newsletter")
    export = ana.page.url
    ana.press("Download 4 contacts").heading("Check your phone").sees("export 4 contacts from Newsletter")
    text = ana.next_text(re.compile("authentication code to export 4 contacts from Newsletter"))
    with ana.page.expect_download() as first:
        ana.fill(code=text[:6]).page.get_by_role("button", name="Continue").click()
    first.value.save_as(tmp_path / "first.csv")
    rows = read(tmp_path / "first.csv")
    assert sorted(row["Email"] for row in rows)[-1] == "rosa@example.org"
    assert len(rows) == 4
    rosa = next(row for row in rows if row["Email"] == "rosa@example.org")
    assert rosa["FIRSTNAME"].startswith("'=")  # harmless in a spreadsheet
    assert rosa["LASTNAME"] == "Müller"
    ana.heading("Your download has started").look()

    ana.go_back().heading("Export of Newsletter").sees("Downloaded")  # and not the file once more
    ana.page.go_forward()
    ana.heading("Your download has started").press("Done").heading("Export of Newsletter")
    ana.download("Download 4 contacts").save_as(tmp_path / "second.csv")
    assert (tmp_path / "second.csv").read_bytes() == (tmp_path / "first.csv").read_bytes()

    start_export(ana, "All contacts").press("Download 4 contacts").heading("Check your phone")
    ana.press("Cancel")
    assert ana.page.url != export
    ana.site.wait_for_mail(people.owner.email, "export")
    ana.open("/contacts/export")
    for name, ticked in (("Select none", 0), ("Select all", ana.page.locator("[name=columns]").count())):
        ana.page.get_by_role("button", name=name).click()
        ana.sees(re.compile("The file will have about" if ticked else r"any status\)\.$"))
        assert ana.page.locator("[name=columns]:checked").count() == ticked
    ana.open("/contacts/exports").sees("Ana Souza").sees("Not downloaded yet")


def test_without_the_right_to_export_the_way_is_not_shown(person: People, company: Companies) -> None:
    ben = person(company(two_factor=True).ben)
    ben.sign_in_with_code().heading("Contacts")
    assert ben.page.get_by_role("link", name="Export").count() == 0
    ben.open("/contacts/export", status=403)


def test_with_two_factor_off_it_runs_without_a_code(
    person: People, company: Companies, tmp_path: Path
) -> None:
    people = company(two_factor=False)
    ana = person(people.ana)
    ana.site.world.contacts(people.account, 2)
    ana.sign_in()
    start_export(ana, "All contacts")
    ana.download("Download 2 contacts").save_as(tmp_path / "contacts.csv")
    assert len(read(tmp_path / "contacts.csv")) == 2
    ana.open("/contacts/exports").sees("Downloaded")
    ana.site.wait_for_mail(people.owner.email, "export")
    ana.open("/contacts/export")
    for name, ticked in (("Select none", 0), ("Select all", ana.page.locator("[name=columns]").count())):
        ana.page.get_by_role("button", name=name).click()
        ana.sees(re.compile("The file will have about" if ticked else r"any status\)\.$"))
        assert ana.page.locator("[name=columns]:checked").count() == ticked
