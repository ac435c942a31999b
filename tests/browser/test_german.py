"""A German browser: an owner signs in, exports and is written to, and reads no English on the way."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages.pofile import read_po

from scripts import translations
from tests.browser.person import Person

pytestmark = pytest.mark.browser

People = Callable[..., Person]
Companies = Callable[..., SimpleNamespace]


def english() -> list[str]:
    """Messages of more than one word that German says otherwise."""
    with open(translations.path_of("de"), "rb") as stored:
        catalogue = read_po(stored, locale="de")
    texts = {text for message in catalogue if message.id for text in translations.forms(message.id)}
    german = {text for message in catalogue for text in translations.forms(message.string)}
    return sorted(text for text in texts - german if " " in text and not re.search(r"%[(%]|[<{]", text))


@pytest.mark.parametrize("setting", ["scripts"], indirect=True)
def test_an_owner_reads_no_english_from_the_sign_in_to_the_file(
    person: People, company: Companies, tmp_path: Path
) -> None:
    people = company(two_factor=True)
    owner = person(people.owner, locale="de-DE")
    owner.site.world.contacts(people.account, 3)
    sentences = english()
    assert len(sentences) > 500

    def read_on() -> None:
        words = " ".join(owner.page.locator("body").inner_text().split())
        assert owner.page.locator("html").get_attribute("lang") == "de"
        assert [text for text in sentences if re.search(rf"(?<!\w){re.escape(text)}(?!\w)", words)] == []

    owner.open("/login").heading("Anmelden")
    read_on()
    owner.fill(email=owner.user.email, password=owner.site.world.password).press("Anmelden")
    read_on()
    text = owner.next_text(re.compile("zum Anmelden"))
    code = text[:6]
    assert text.startswith(f"{code} ist Ihr Authentifizierungscode von Engagement Cloud zum Anmelden.")
    assert text.endswith(f"\n\n@127.0.0.1 #{code}")
    owner.enter_code(f"{(int(code) + 1) % 10**6:06}", "Anmelden")
    assert owner.page.title().startswith("Fehler: ")
    read_on()
    owner.enter_code(code, "Anmelden").heading("Kontakte")
    read_on()
    for path in (
        *(f"/settings/{page}" for page in ("account", "users", "profile", "browsers", "activity")),
        *(f"/contacts/{page}" for page in ("lists", "fields", "import")),
        "/help/two-factor-authentication",
    ):
        owner.open(path)
        read_on()
    owner.open("/contacts/export").heading("Kontakte exportieren")
    read_on()
    owner.press("Weiter")
    read_on()
    owner.press(re.compile("3 Kontakte herunterladen"), exact=False)
    read_on()
    text = owner.next_text(re.compile("zum Export von 3 Kontakten"))
    with owner.page.expect_download() as file:
        owner.fill(code=text[:6]).page.get_by_role("button", name="Weiter").click()
    file.value.save_as(tmp_path / "contacts.csv")
    read_on()
    with (tmp_path / "contacts.csv").open(encoding="utf-8-sig", newline="") as rows:
        assert {"Email", "Status"} <= set(next(csv.reader(rows)))  # for machines, in every language
    mail = owner.site.wait_for_mail(owner.user.email, "exportiert")
    assert [text for text in sentences if text in mail["subject"] + mail["text"]] == []
