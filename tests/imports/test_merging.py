"""What an import does to contacts that are there, and what it never does."""

import pytest
from sqlalchemy import select

from extensions import db
from models import AuditEvent, Contact, ContactImport, ListMembership
from tests.support.browser import Browser
from tests.support.exporting import download, fixed_export, rows_of
from tests.support.importing import contact, counts, emails, run_import, upload
from tests.support.site import Site


@pytest.fixture
def browser(site: Site) -> Browser:
    _, owner = site.world.acme(two_factor=False)
    return site.signed_in(owner)


def test_the_same_file_twice_adds_nothing_twice(site: Site, browser: Browser) -> None:
    text = "Email,Mobile,City\na@example.org,+447400123456,Leeds\nb@example.org,,\n"
    assert counts(run_import(site, browser, text)) == (2, 0, 0, 0)
    before = contact(site, "a@example.org")
    assert counts(run_import(site, browser, text)) == (0, 0, 2, 0)
    assert contact(site, "a@example.org").updated_at == before.updated_at
    assert len(emails(site)) == 2


def test_new_values_update_and_empty_cells_change_nothing(site: Site, browser: Browser) -> None:
    run_import(site, browser, "Email,Mobile,City,Note\na@example.org,+447400123456,Leeds,old\n")
    found = run_import(site, browser, "Email,Mobile,City,Note\na@example.org,,York,\n")
    assert counts(found) == (0, 1, 0, 0)
    after = contact(site, "a@example.org")
    assert (after.mobile, after.data) == ("+447400123456", {"CITY": "York", "NOTE": "old"})


def test_the_later_row_of_one_address_wins(site: Site, browser: Browser) -> None:
    found = run_import(
        site, browser, "Email,City,Note\na@example.org,Leeds,kept\nA@EXAMPLE.org,York,\na@example.org,York,\n"
    )
    assert counts(found) == (1, 1, 1, 0)
    assert contact(site, "a@example.org").data == {"CITY": "York", "NOTE": "kept"}


STOPPED = ["Unsubscribed", "Suppressed", "HardBounced", "IspComplained", "MailBlocked", "DirectComplaint"]


def test_nobody_is_subscribed_again_by_a_file(site: Site, browser: Browser) -> None:
    def file(status: str) -> str:
        return "Email,Status\n" + "".join(f"{was}@example.org,{status or was}\n" for was in STOPPED)

    assert counts(run_import(site, browser, file(""))) == (6, 0, 0, 0)
    for text in (
        file("Subscribed"),
        file("PendingOptIn"),
        file("SoftBounced"),
        file("").replace(",Status", ",City"),
    ):
        run_import(site, browser, text)
        with site.context():
            now_are = {row.email: row.status for row in db.session.scalars(select(Contact))}
        assert now_are == {f"{was.lower()}@example.org": was for was in STOPPED}


def test_a_file_can_stop_somebody(site: Site, browser: Browser) -> None:
    run_import(site, browser, "Email\na@example.org\n")
    assert contact(site, "a@example.org").status == "Subscribed"
    run_import(site, browser, "Email,Status\na@example.org,Unsubscribed\n")
    assert contact(site, "a@example.org").status == "Unsubscribed"
    run_import(site, browser, "Email,Status\na@example.org,Suppressed\n")
    run_import(site, browser, "Email,Status\na@example.org,Unsubscribed\n")
    assert contact(site, "a@example.org").status == "Suppressed"


def test_a_status_that_nobody_knows_is_refused(site: Site, browser: Browser) -> None:
    found = run_import(site, browser, "Email,Status\na@example.org,Subscribed\nb@example.org,Perhaps\n")
    assert (counts(found), emails(site)) == ((1, 0, 0, 1), ["a@example.org"])


def test_a_column_status_that_means_something_else_becomes_a_data_field(site: Site, browser: Browser) -> None:
    run_import(site, browser, "Email,Status\na@example.org,Customer\nb@example.org,Lead\n")
    assert contact(site, "a@example.org").data == {"STATUS_TEXT": "Customer"}


def test_everybody_in_the_file_is_on_the_list_afterwards(site: Site, browser: Browser) -> None:
    run_import(site, browser, "Email\na@example.org\n")
    browser.get("/contacts/lists")
    browser.submit(having="name", name="Spring")
    browser.get("/contacts/import")
    [option] = browser.last.html.select("option:-soup-contains('Spring')")
    chosen = str(option["value"])
    for _ in "12":
        run_import(site, browser, "Email\na@example.org\nb@example.org\n", list=chosen)
        with site.context():
            assert len(db.session.scalars(select(ListMembership.contact_id)).all()) == 2
    assert [
        row["Email"] for row in rows_of(download(browser, fixed_export(browser, list=chosen)).data)
    ] == emails(site)


def test_another_accounts_contacts_are_not_touched(site: Site, browser: Browser) -> None:
    stranger = site.signed_in(site.world.owner(site.world.account("Borealis")))
    run_import(site, stranger, "Email,City\na@example.org,Tromsø\n")
    assert counts(run_import(site, browser, "Email,City\na@example.org,Leeds\n")) == (1, 0, 0, 0)
    with site.context():
        cities = [row.data["CITY"] for row in db.session.scalars(select(Contact).order_by(Contact.id))]
    assert cities == ["Tromsø", "Leeds"]


def test_an_import_is_on_record(site: Site, browser: Browser) -> None:
    run_import(site, browser, "Email\na@example.org\nx\n", name="lists/spring.csv")
    with site.context():
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "import:finished")).one()
        assert event.details == {"file": "spring.csv", "added": 1, "updated": 0, "refused": 1}


def test_pages_and_files_of_an_import_are_its_accounts_and_its_users(site: Site, browser: Browser) -> None:
    found = run_import(site, browser, "Email,Note\nx,=1+1\n")
    page = f"/contacts/imports/{found.public_id}"
    assert browser.get(page).status == 200
    assert '"finished":true' in browser.get(f"{page}/status").text
    refused = browser.get(f"{page}/refused.csv")
    assert refused.text == (
        '"Email","Note","RefusedLine","RefusedReason"\r\n"x","\'=1+1","2","Not an email address: x"\r\n'
    )
    stranger = site.signed_in(site.world.owner(site.world.account("Borealis")))
    for path in (page, f"{page}/status", f"{page}/refused.csv"):
        assert stranger.get(path).status == 404


def test_refused_rows_come_after_a_code_and_to_who_brought_them_only(site: Site) -> None:
    account, owner = site.world.acme(two_factor=True)
    browser = site.signed_in(owner)
    found = run_import(site, browser, "Email\nnobody\n")
    path = f"/contacts/imports/{found.public_id}/refused.csv"
    assert site.signed_in(site.world.user(account, can_export=True)).get(path).status == 404
    assert site.step_up(browser, path) == path
    assert '"nobody"' in browser.get(path).text


def test_refused_rows_can_be_corrected_and_imported_as_they_are(site: Site, browser: Browser) -> None:
    found = run_import(site, browser, "Email;Note\nx;=1+1\n")
    text = browser.get(f"/contacts/imports/{found.public_id}/refused.csv").text
    assert counts(run_import(site, browser, text.replace('"x"', '"x@example.org"'))) == (1, 0, 0, 0)
    assert contact(site, "x@example.org").data == {"NOTE": "=1+1"}


def test_a_file_larger_than_the_limit_is_refused_and_one_below_it_is_not(make_site) -> None:  # type: ignore[no-untyped-def]
    site = make_site(IMPORT_MAX_MIB="1")
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    row = b"a@example.org," + b"x" * 1000 + b"\n"
    assert upload(browser, b"Email,Note\n" + row * 1020).status == 303
    assert upload(browser, b"Email,Note\n" + row * 1200).status == 413
    # Only on this page, and only for people of an account.
    token = browser.csrf_token()
    assert browser.post("/contacts/new", {"email": "x" * 1_100_000, "csrf_token": token}).status == 413
    with site.context():
        assert len(db.session.scalars(select(ContactImport)).all()) == 1
