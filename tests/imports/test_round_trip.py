"""Files of other mailing tools in, our file out: no value of theirs is lost."""

import csv
import io

import pytest

from tests.support.browser import Browser
from tests.support.exporting import download, fixed_export, rows_of
from tests.support.importing import counts, run_import
from tests.support.site import Site

DOTDIGITAL = (
    "Email,OptInType,EmailType,FIRSTNAME,LASTNAME,FULLNAME,GENDER,POSTCODE,LASTSUBSCRIBED,LOYALTY POINTS,"
    "DateCreated\r\n"
    "ana@example.org,VerifiedDouble,Html,Ana,Núñez,Ana Núñez,F,SE1 0AA,2024-03-01T10:00:00,-120,"
    "2023-01-02T03:04:05Z\r\n"
    "ben@example.org,Unknown,PlainText,大輔,,,M,,,7.50,02/01/2023 03:04\r\n"
)
MAILCHIMP = (
    '"Email Address","First Name","Last Name",Address,"Phone Number",Birthday,MEMBER_RATING,OPTIN_TIME,'
    "OPTIN_IP,CONFIRM_TIME,"
    "CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON,"
    "UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS\n"
    'zoe@example.org,Zoë,"O\'Neill, Dr.","1 High St  Leeds  LS1 1AA",'
    '"+44 7400 123456",04/30,4,"2023-05-01 08:00:00",192.0.2.1,'
    '"2023-05-01 08:01:00",192.0.2.1,53.8,-1.55,0,1,Europe/London,GB,Eng,"2024-01-01 00:00:00","Winter, sale",'
    'NORMAL,,123,abc123,"{""note"":""likes =SUM""}","""VIP"",""spring 2023"""\n'
)
LISTMONK = (
    "uuid,email,name,attributes,status,created_at,updated_at\n"
    '6e3f1c9a-0000-4000-8000-000000000001,ines@example.org,Inês,"{""city"": ""Porto"", ""n"": [1, 2]}",enabled,'
    "2023-06-01T10:00:00.123456Z,2023-06-02T10:00:00Z\n"
    "6e3f1c9a-0000-4000-8000-000000000002,max@example.org,=Max,{},blocklisted,2023-06-01T10:00:00Z,2023-06-02T10:00:00Z\n"
)
FILES = {
    "Contacts_export.csv": DOTDIGITAL,
    "unsubscribed_email_audience_export_abc123.csv": MAILCHIMP,
    "subscribers.csv": LISTMONK,
}
STATUSES = {
    "ana@example.org": "Subscribed", "ben@example.org": "Subscribed", "zoe@example.org": "Unsubscribed",
    "ines@example.org": "Subscribed", "max@example.org": "Suppressed",
}  # fmt: skip


@pytest.fixture
def browser(site: Site) -> Browser:
    _, owner = site.world.acme(two_factor=False)
    return site.signed_in(owner)


def _exported(browser: Browser) -> tuple[bytes, list[dict[str, str]]]:
    data = download(browser, fixed_export(browser)).data
    return data, rows_of(data)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_tool_loses_no_value(site: Site, browser: Browser, name: str) -> None:
    theirs = list(csv.DictReader(io.StringIO(FILES[name], newline="")))
    assert counts(run_import(site, browser, FILES[name], name=name)) == (len(theirs), 0, 0, 0)
    _, ours = _exported(browser)
    for before, after in zip(theirs, ours, strict=True):
        # A formula comes with its apostrophe; an address of a mobile loses its blanks.
        values = {value.removeprefix("'") for value in after.values()}
        missing = {
            key: value for key, value in before.items()
            if value and value not in values and value.replace(" ", "") not in values
        }  # fmt: skip
        assert not missing
        assert after["Status"] == STATUSES[after["Email"]]


def test_our_own_file_comes_back_as_it_left(site: Site, browser: Browser) -> None:
    for name, text in FILES.items():
        run_import(site, browser, text, name=name)
    left, rows = _exported(browser)
    assert counts(run_import(site, browser, left)) == (0, 0, len(rows), 0)

    elsewhere = site.signed_in(site.world.owner(site.world.account("Elsewhere")))
    assert counts(run_import(site, elsewhere, left)) == (len(rows), 0, 0, 0)
    came, _ = _exported(elsewhere)
    assert came == left


def test_statuses_of_other_tools_are_understood_and_kept(site: Site, browser: Browser) -> None:
    for name, text in FILES.items():
        run_import(site, browser, text, name=name)
    rows = {row["Email"]: row for row in _exported(browser)[1]}
    assert rows["zoe@example.org"]["MAILCHIMP_STATUS"] == "unsubscribed"
    assert rows["max@example.org"]["LISTMONK_STATUS"] == "blocklisted"
    assert rows["ines@example.org"]["LISTMONK_STATUS"] == "enabled"
