"""Who gets rows of an export, and who does not. Invariant 2: a code for that very export, or not one row."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, update

from extensions import db
from models import AuditEvent, Challenge, Export, ExportDownload, User
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.exporting import (
    STREAMED,
    cookies_of,
    download,
    fixed_export,
    listed_contacts,
    rows_of,
)
from tests.support.site import Site


@pytest.fixture
def guarded(site: Site) -> tuple[Site, Any, Browser, str]:
    """Two-factor on, the owner signed in, an export of 3 contacts fixed."""
    account, owner = site.world.acme(two_factor=True)
    site.world.contacts(account, 3, list_name="Newsletter")
    browser = site.signed_in(owner)
    return site, owner, browser, fixed_export(browser)


def no_row(answer: Page) -> bool:
    return "example.org" not in answer.text and answer.headers["Content-Type"].split(";")[0] != "text/csv"


def test_no_request_without_a_spent_code_for_that_very_scope_ever_receives_one_contact_row_of_an_export(
    guarded: tuple[Site, Any, Browser, str], time_machine_at: Any
) -> None:
    site, owner, browser, address = guarded
    other = fixed_export(browser, columns=["Email"])
    path = f"{address}/download"

    # No code yet: by GET, by HEAD, by GET with a part asked for.
    for answer in (
        browser.get(path), browser.head(path), browser.get(path, headers={"Range": "bytes=0-99"}),
        browser.get(path + "?verified=1"), download(browser, address, **STREAMED),
    ):  # fmt: skip
        assert answer.location.startswith("/step-up"), answer.status
        assert no_row(answer)

    # A code for another export.
    assert site.step_up(browser, f"{other}/download") == f"{other}/download"
    assert rows_of(download(browser, other).data)
    assert no_row(download(browser, address))

    # The right code, entered in another session of the same person.
    elsewhere = site.signed_in(owner)
    assert site.step_up(elsewhere, path) == path
    assert no_row(download(browser, address))
    assert no_row(site.browser().get(path))

    # The right code: rows. But only for so long.
    assert len(rows_of(download(elsewhere, address).data)) == 3
    time_machine_at(seconds=site.settings.step_up_lifetime + 60)
    assert no_row(download(elsewhere, address))


def test_a_right_lost_after_the_code_is_lost(site: Site) -> None:
    account, _ = site.world.acme(two_factor=True)
    site.world.contacts(account, 3)
    user = site.world.user(account, can_export=True)
    browser = site.signed_in(user)
    address = fixed_export(browser)
    assert site.step_up(browser, f"{address}/download") == f"{address}/download"
    assert len(rows_of(download(browser, address).data)) == 3
    with site.context(), write() as session:
        session.execute(update(User).where(User.id == user.id).values(can_export=False))
    for path in ("/contacts/export", "/contacts/exports", address, f"{address}/download"):
        answer = browser.get(path)
        assert (answer.status, no_row(answer)) == (403, True)
    with site.context():
        refused = db.session.scalars(
            select(AuditEvent).where(AuditEvent.event == "export:refused", AuditEvent.actor_id == user.id)
        ).all()
        assert len(refused) == 1  # not once a page: a log can be filled, too


@pytest.mark.threat("G5")
def test_the_text_names_the_export(guarded: tuple[Site, Any, Browser, str]) -> None:
    site, owner, browser, _ = guarded
    browser.get("/contacts/export")
    [listed] = browser.last.html.select("option:-soup-contains('Newsletter (3)')")
    address = fixed_export(browser, list=str(listed["value"]))
    download(browser, address)
    assert "to export 3 contacts from Newsletter." in site.texts(owner.mobile_number)[-1]["text"]


@pytest.mark.threat("G5")
def test_the_text_names_how_many_leave_now_and_not_when_it_was_fixed(site: Site) -> None:
    account, owner = site.world.acme(two_factor=True)
    browser = site.signed_in(owner)
    address = fixed_export(browser)
    site.world.contacts(account, 4)
    assert "Download 4 contacts" in browser.get(address).words
    assert site.step_up(browser, f"{address}/download") == f"{address}/download"
    assert "to export 4 contacts." in site.texts(owner.mobile_number)[-1]["text"]
    assert len(rows_of(download(browser, address).data)) == 4


def test_another_export_asks_again_and_the_same_one_does_not(guarded: tuple[Site, Any, Browser, str]) -> None:
    site, _, browser, address = guarded
    site.step_up(browser, f"{address}/download")
    assert download(browser, address).status == 200
    assert download(browser, address).status == 200
    other = fixed_export(browser)
    assert download(browser, other).location.startswith("/step-up")


def test_only_who_asked_for_it_can_download_it(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3)
    ana, ben = (site.world.user(account, can_export=True) for _ in "ab")
    address = fixed_export(site.signed_in(ana))
    owners, bens = site.signed_in(owner), site.signed_in(ben)
    assert owners.get(address).status == 200
    assert [download(owners, address).status, bens.get(address).status, download(bens, address).status] == [
        404
    ] * 3
    assert address in owners.get("/contacts/exports").text
    assert address not in bens.get("/contacts/exports").text


def test_another_accounts_ids_are_not_found(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    foreign = listed_contacts(site, account, 3)
    address = fixed_export(site.signed_in(owner))
    stranger = site.signed_in(site.world.owner(site.world.account("Borealis")))
    for path in (address, f"{address}/download", f"/contacts/export?list={foreign}"):
        assert stranger.get(path).status == 404
    assert stranger.head(f"{address}/download").status == 404
    stranger.get("/contacts/export")
    assert stranger.submit(having="columns", list=foreign).status == 404


def test_support_staff_reach_no_export(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3)
    address = fixed_export(site.signed_in(owner))
    support = site.signed_in(site.world.support())
    for path in ("/contacts/export", "/contacts/exports", address, f"{address}/download"):
        assert support.get(path).status == 403


def test_someone_not_signed_in_is_sent_to_sign_in(guarded: tuple[Site, Any, Browser, str]) -> None:
    site, _, _, address = guarded
    answer = download(site.browser(), address)
    assert answer.location.startswith("/login")
    assert no_row(answer)


def test_twenty_downloads_at_once_need_one_code_and_give_no_row_without_it(
    guarded: tuple[Site, Any, Browser, str],
) -> None:
    site, _, browser, address = guarded
    cookies = cookies_of(browser)

    def once(_: int) -> tuple[int, int]:
        client = site.app.test_client()
        for key, value in cookies.items():
            client.set_cookie(key, value)
        answer = client.get(f"{address}/download", **STREAMED)
        return answer.status_code, answer.get_data().count(b"@example.org")

    def twenty() -> list[tuple[int, int]]:
        with ThreadPoolExecutor(20) as pool:
            return list(pool.map(once, range(20)))

    assert twenty() == [(303, 0)] * 20
    with site.context():
        asked = (
            select(func.count()).select_from(Challenge).where(Challenge.purpose == "step_up:contacts.export")
        )
        assert db.session.execute(asked).scalar_one() == 1

    site.step_up(browser, f"{address}/download")
    cookies = cookies_of(browser)
    answers = twenty()
    whole = [answer for answer in answers if answer == (200, 3)]
    assert whole
    assert all(answer in {(200, 3), (429, 0)} for answer in answers)
    with site.context():
        assert db.session.execute(asked).scalar_one() == 1
        ended = db.session.scalars(select(ExportDownload.state)).all()
        assert ended == ["complete"] * len(whole)
        assert db.session.scalars(select(Export)).one().downloads == len(whole)
