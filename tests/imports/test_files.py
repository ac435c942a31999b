"""Files as people really have them: encodings, delimiters, headers, broken rows, and things that are no CSV."""

import zipfile
from io import BytesIO
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from tests.support.browser import Browser
from tests.support.importing import contact, counts, emails, reasons, run_import, upload
from tests.support.site import Site

PLAIN = "Email,First name,City\nana@example.org,Ána,Łódź\nben@example.org,大輔,東京\n"


@pytest.fixture
def browser(site: Site) -> Browser:
    _, owner = site.world.acme(two_factor=False)
    return site.signed_in(owner)


WESTERN = PLAIN.replace("Łódź", "Köln – €").replace("大輔,東京", "Zoë,São Paulo")
ENCODED = {
    "utf-8": PLAIN,
    "utf-8-sig": PLAIN,
    "utf-16": PLAIN,
    "utf-16-le": PLAIN,
    "utf-16-be": "\ufeff" + PLAIN,
    "cp1252": WESTERN,
}


def test_every_usual_encoding_is_read(site: Site, browser: Browser) -> None:
    for encoding, text in ENCODED.items():
        found = run_import(site, browser, text.replace("@", f"@{encoding}.").encode(encoding))
        assert counts(found) == (2, 0, 0, 0), encoding
        for line in text.splitlines()[1:]:
            email, first_name, city = line.split(",")
            came = contact(site, email.replace("@", f"@{encoding}."))
            assert came.data == {"FIRSTNAME": first_name, "CITY": city}, encoding


def test_every_usual_delimiter_and_line_end_is_read(site: Site, browser: Browser) -> None:
    run_import(site, browser, PLAIN)
    for delimiter in (",", ";", "\t", "|"):
        for ending in ("\n", "\r\n", "\r"):
            text = PLAIN.replace(",", delimiter).replace("\n", ending)
            # Read as the same: nothing to add, nothing to change.
            assert counts(run_import(site, browser, text)) == (0, 0, 2, 0), repr(delimiter + ending)


def test_excels_own_first_line_names_the_delimiter(site: Site, browser: Browser) -> None:
    run_import(site, browser, "sep=;\r\nName;Email\r\nAna, the first;ana@example.org\r\n")
    assert contact(site, "ana@example.org").data == {"FULLNAME": "Ana, the first"}


def test_quoted_newlines_and_quotes_belong_to_their_cell(site: Site, browser: Browser) -> None:
    found = run_import(site, browser, 'Email,Note\na@example.org,"two\nlines, ""quoted"""\nb@example.org,x\n')
    assert counts(found) == (2, 0, 0, 0)
    assert contact(site, "a@example.org").data == {"NOTE": 'two\nlines, "quoted"'}


def test_without_a_header_the_column_of_addresses_is_found(site: Site, browser: Browser) -> None:
    found = run_import(site, browser, "Ana,ana@example.org\nBen,ben@example.org\n")
    assert counts(found) == (2, 0, 0, 0)
    assert contact(site, "ana@example.org").data == {"COLUMN_1": "Ana"}


def test_a_header_in_another_language_does(site: Site, browser: Browser) -> None:
    run_import(site, browser, "Prénom;Courriel\nAna;ana@example.org\n")
    assert contact(site, "ana@example.org").data == {"PRÉNOM": "Ana"}


def test_nuls_are_left_out(site: Site, browser: Browser) -> None:
    run_import(site, browser, b"Email,Note\na@exam\0ple.org,x\0y\0\n")
    assert contact(site, "a@example.org").data == {"NOTE": "xy"}


def test_good_rows_come_in_and_each_bad_one_is_listed_with_its_line(site: Site, browser: Browser) -> None:
    found = run_import(
        site,
        browser,
        "Email,OptInType,Note\n"
        "a@example.org,Single,fine\n"
        "no address,Single,\n"
        ",,\n"
        '"b@example.org",Double,"two\nlines"\n'
        "c@example.org,Triple,\n"
        ",Single,x\n"
        'd@example.org,Single,"never closed\n'
        "e@example.org,Single,after it\n"
        "f@example.org,Single,x,too,many\n"
        "G@Example.ORG,verified double,last\n",
    )
    assert emails(site) == ["a@example.org", "b@example.org", "e@example.org", "g@example.org"]
    assert reasons(site, found) == {
        3: "Not an email address: no address",
        7: "Not an opt-in type: Triple. Use Unknown, Single, Double or VerifiedDouble",
        8: "There is no email address",
        9: "A quotation mark is opened and never closed",
        11: "The row has 5 cells, and the header has 3",
    }
    assert counts(found) == (4, 0, 0, 5)
    assert contact(site, "g@example.org").opt_in_type == "VerifiedDouble"


def test_ten_megabytes_in_one_line_cost_that_line(site: Site, browser: Browser) -> None:
    text = "Email,Note\na@example.org,x\nlong@example.org," + "y" * 10_000_000 + "\nb@example.org,x\n"
    found = run_import(site, browser, text)
    assert counts(found) == (2, 0, 0, 1)
    assert reasons(site, found) == {3: "The line is longer than 1,048,576 bytes"}


def test_a_cell_that_is_too_long_costs_its_row(site: Site, browser: Browser) -> None:
    found = run_import(site, browser, "Email,Note\na@example.org," + "y" * 200_000 + "\nb@example.org,x\n")
    assert counts(found) == (1, 0, 0, 1)
    assert reasons(site, found) == {2: "A cell is longer than 131,072 characters"}


def test_one_line_in_another_encoding_costs_that_line(site: Site, browser: Browser) -> None:
    raw = "Email,Name\na@example.org,Zoë\nb@example.org,Åsa\n".encode() + "c@example.org,Zoë\n".encode(
        "cp1252"
    )
    found = run_import(site, browser, raw)
    assert counts(found) == (2, 0, 0, 1)
    assert list(reasons(site, found)) == [4]


def _archive(*names: str) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


NO_CSV = [
    (b"", "The file is empty"),
    (b"\xef\xbb\xbf\r\n \n", "The file is empty"),
    (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "This is a picture"),
    (b"%PDF-1.7 \x00\x01", "This is a PDF"),
    (_archive("[Content_Types].xml", "xl/workbook.xml"), "This is an Excel file"),
    (_archive("contacts.csv"), "This is a ZIP file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an Excel file"),
    (bytes(range(1, 32)) * 50, "This is not a CSV file"),
]


def test_what_is_no_csv_is_refused_at_once_with_advice(site: Site, browser: Browser) -> None:
    for content, message in NO_CSV:
        answer = upload(browser, content)
        assert answer.status == 422
        assert answer.error("file").startswith(message)
    assert not list((site.settings.instance_path / "storage" / "imports").glob("*"))


def test_no_file_is_refused(browser: Browser) -> None:
    browser.get("/contacts/import")
    answer = browser.submit(having="file")
    assert (answer.status, answer.error("file")) == (422, "Choose a CSV file")


def test_two_files_or_two_lists_at_once_are_refused(site: Site, browser: Browser) -> None:
    for field, values in (("file", 2), ("list", 1)):
        page = browser.get("/contacts/import")
        fields: MultiDict[str, Any] = MultiDict([("csrf_token", page.value("csrf_token")), ("list", "")])
        for number in range(values):
            fields.add("file", (BytesIO(b"Email\na@example.org\n"), f"{number}.csv"))
        if field == "list":
            fields.add("list", "another")
        answer = browser._open("POST", "/contacts/import", data=fields, content_type="multipart/form-data")
        assert answer.status == 422
        assert "was sent twice" in answer.error(field)


def test_text_without_an_address_anywhere_stops_with_the_reason(site: Site, browser: Browser) -> None:
    found = run_import(site, browser, "Dear all,\nthis is a letter, not a list.\nYours\n")
    assert (found.state, emails(site)) == ("failed", [])
    assert (found.problem or "").startswith("No column with email addresses was found")
    assert "No column with email addresses" in browser.get(f"/contacts/imports/{found.public_id}").words


def test_more_columns_than_data_fields_can_be_stops_before_any_row(site: Site, browser: Browser) -> None:
    header = ",".join(["Email", *(f"Field {n}" for n in range(300))])
    found = run_import(site, browser, header + "\n" + "a@example.org" + ",x" * 300 + "\n")
    assert (found.state, emails(site)) == ("failed", [])
    assert "more than 200 data fields" in (found.problem or "")


def test_mobile_numbers_are_read_as_from_the_accounts_country(site: Site, browser: Browser) -> None:
    run_import(
        site, browser,
        "Email,Mobile\na@example.org,07400 123456\nb@example.org,'+44 7400 123457\nc@example.org,ask Tom\n",
    )  # fmt: skip
    numbers = [contact(site, f"{letter}@example.org").mobile for letter in "abc"]
    assert numbers == ["+447400123456", "+447400123457", "ask Tom"]


def test_the_file_is_gone_after_the_import(site: Site, browser: Browser) -> None:
    run_import(site, browser, PLAIN.encode("utf-16"))
    assert not list((site.settings.instance_path / "storage" / "imports").iterdir())
