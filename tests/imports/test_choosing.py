"""Where the columns of a file go is asked before it is imported, of whoever wants to say it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from extensions import db
from models import Account, ContactImport
from services import storage
from services.clock import now
from services.imports import choosing, intake, sniffing
from services.purge import purge_expired
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.importing import contact, counts, emails, reasons, upload
from tests.support.site import Site

FILE = "Mail;Stadt;Sprache;Notiz\nana@example.org;Wien;de;x\nben@example.org;Graz;de\nno address;Linz;de;y\n"


@pytest.fixture
def browser(site: Site) -> Browser:
    _, owner = site.world.acme(two_factor=False)
    return site.signed_in(owner)


def bring(browser: Browser, content: bytes | str = FILE, name: str = "contacts.csv") -> Page:
    answer = upload(browser, content, name, columns="choose")
    assert answer.status == 303, answer.errors
    assert answer.location.endswith("/columns")
    return browser.get(answer.location)


def say(browser: Browser, page: Page, **fields: Any) -> Page:
    return browser.post(page.path, fields)


def newest(site: Site) -> ContactImport:
    with site.context():
        found = db.session.scalars(select(ContactImport).order_by(ContactImport.id.desc())).first()
        assert found is not None
        db.session.expunge(found)
    return found


def chosen(page: Page) -> list[str]:
    return [str(option["value"]) for option in page.html.select("select option[selected]")]


def test_our_guesses_stand_there_with_the_first_rows_and_nothing_has_come_in(
    site: Site, browser: Browser
) -> None:
    page = bring(browser)
    assert chosen(page) == ["email", "new", "new", "new"]
    assert [field["value"] for field in page.html.select("[name^=name_]")] == [
        "",
        "STADT",
        "SPRACHE",
        "NOTIZ",
    ]
    assert "Wien" in page.text
    assert "Linz" in page.text
    site.deliver()
    assert emails(site) == []
    assert "Waiting for you" in browser.get("/contacts/import").text


def test_a_file_comes_in_as_was_chosen_its_odd_rows_too(site: Site, browser: Browser) -> None:
    page = bring(browser)
    answer = say(browser, page, to_1="new", name_1="Home town", to_2="", to_3="data:FIRSTNAME")
    assert answer.status == 303
    assert not answer.location.endswith("/columns")
    site.deliver()
    found = newest(site)
    assert (found.state, counts(found)) == ("done", (2, 0, 0, 1))
    # The first by the column, the second by the closer look: it is shorter than the header.
    assert contact(site, "ana@example.org").data == {"HOME_TOWN": "Wien", "FIRSTNAME": "x"}
    assert contact(site, "ben@example.org").data == {"HOME_TOWN": "Graz"}
    assert reasons(site, found) == {4: "Not an email address: no address"}


def test_a_client_that_only_sends_the_file_gets_our_guesses_at_once(site: Site, browser: Browser) -> None:
    answer = upload(browser, FILE)
    assert answer.status == 303
    assert not answer.location.endswith("/columns")
    site.deliver()
    assert contact(site, "ana@example.org").data == {"STADT": "Wien", "SPRACHE": "de", "NOTIZ": "x"}


WRONG = {
    "no addresses": ({"to_0": ""}, "to_0", "Choose Email address for the column"),
    "one place twice": ({"to_2": "email"}, "to_2", "Email address is chosen for two columns"),
    "one new name twice": ({"name_2": "stadt"}, "name_2", "STADT is chosen for two columns"),
    "no name": ({"name_2": " "}, "name_2", "Enter a name for the data field of “Sprache”"),
    "a name of signs": ({"name_2": "--"}, "name_2", "at least one letter or digit"),
    "a long name": ({"name_2": "x" * 61}, "name_2", "at most 60 characters"),
    "no such place": ({"to_2": "data:NOBODYS"}, "to_2", "Choose one from the list"),
}


def test_what_cannot_be_is_told_beside_its_field_and_the_rest_is_kept(site: Site, browser: Browser) -> None:
    page = bring(browser)
    for case, (fields, where, words) in WRONG.items():
        answer = say(browser, page, **{"to_3": "data:LASTNAME", **fields})
        assert answer.status == 422, case
        assert words in answer.error(where), case
        assert chosen(answer)[-1] == "data:LASTNAME", case
    assert newest(site).state == "choosing"


def test_a_file_that_is_thrown_away_leaves_nothing(site: Site, browser: Browser) -> None:
    page = bring(browser)
    found = newest(site)
    assert say(browser, page, cancel="1").status == 303
    with site.context():
        assert db.session.get(ContactImport, found.id) is None
        assert list(storage.store().names(intake.FOLDER)) == []
    assert say(browser, page).status == 404


def test_a_second_press_starts_nothing_again_and_throws_nothing_away(site: Site, browser: Browser) -> None:
    page = bring(browser)
    for fields in ({}, {}, {"cancel": "1"}):
        assert say(browser, page, **fields).status == 303
    site.deliver()
    assert counts(newest(site)) == (2, 0, 0, 1)


@pytest.mark.asvs("8.2.2")
def test_only_who_brought_the_file_sees_its_rows_and_says_where_they_go(site: Site, browser: Browser) -> None:
    page = bring(browser)
    with site.context():
        account = db.session.get_one(Account, newest(site).account_id)
        ben = site.signed_in(site.world.user(account))
    assert ben.get(page.path).status == say(ben, page, cancel="1").status == 404
    shown = ben.get(page.path.removesuffix("/columns"))
    assert "Not started" in shown.text
    assert "Wien" not in shown.text
    assert "Waiting for you" not in ben.get("/contacts/import").text


def test_what_nobody_starts_within_a_day_is_thrown_away(site: Site, browser: Browser) -> None:
    bring(browser)
    with site.context():
        assert purge_expired()["Imports nobody started"] == 0
        with write() as session:
            for found in session.scalars(select(ContactImport)):
                found.created_at = now() - choosing.KEEP - timedelta(minutes=1)
        assert purge_expired()["Imports nobody started"] == 1
        assert list(storage.store().names(intake.FOLDER)) == []
        assert db.session.scalars(select(ContactImport)).all() == []


def test_of_a_large_file_only_the_beginning_is_looked_at(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"guest-{n}@example.org,{n}\n" for n in range(20_000))
    with site.context():
        store = type(storage.store())
    before, asked = store.read, []

    def read(self: storage.Store, name: str, start: int, end: int) -> bytes:
        asked.append(end - start)
        return before(self, name, start, end)

    monkeypatch.setattr(store, "read", read)
    page = bring(browser, "Email,N\n" + rows)
    assert asked == [sniffing.HEAD]
    about = re.search(r"About ([0-9,]+)", page.words)
    assert about
    assert 19_000 <= int(about[1].replace(",", "")) <= 23_000


HOSTILE: dict[str, tuple[bytes | str, str]] = {
    "five thousand columns": ("Email," + ",".join(f"C{n}" for n in range(5000)) + "\n", "more than 200 data fields"),
    "one endless line": ("x" * 300_000, "No column with email addresses"),
    "nothing but NULs": (bytes(5000), "The file is empty"),
}  # fmt: skip


def test_a_hostile_file_is_refused_before_anything_is_kept(site: Site, browser: Browser) -> None:
    for case, (content, words) in HOSTILE.items():
        answer = upload(browser, content, columns="choose")
        assert answer.status == 422, case
        assert words in answer.error("file"), case
    with site.context():
        assert db.session.scalars(select(ContactImport)).all() == []


def test_every_encoding_is_shown_and_read_alike(site: Site, browser: Browser) -> None:
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        content = f"Email\tPrénom\r\n{encoding}@example.org\tZoë\r\n".encode(encoding)
        page = bring(browser, content)
        assert {"Zoë", "Prénom"} <= set(page.words.split()), encoding
        assert say(browser, page, to_1="data:FIRSTNAME", name_1="").status == 303
        site.deliver()
        assert contact(site, f"{encoding}@example.org").data == {"FIRSTNAME": "Zoë"}, encoding


def test_imports_of_before_are_kept_and_none_comes_in_unasked_when_one_goes_back(
    site: Site, browser: Browser
) -> None:
    upload(browser, FILE)
    site.deliver()
    upload(browser, FILE)
    bring(browser)
    say(browser, bring(browser), to_1="")
    with site.context():
        db.session.remove()
        downgrade(revision="0009")
        states = "SELECT state FROM contact_imports ORDER BY id"
        assert db.session.scalars(text(states)).all() == ["done", "waiting", "failed", "failed"]
        db.session.remove()
        upgrade()
        found = db.session.scalars(select(ContactImport).order_by(ContactImport.id)).all()
        assert [one.columns for one in found] == [{}] * 4
        assert found[0].reading["targets"] == ["email", "data:STADT", "data:SPRACHE", "data:NOTIZ"]
        assert found[2].finished_at is not None
        assert now() - found[2].finished_at < timedelta(minutes=5)
