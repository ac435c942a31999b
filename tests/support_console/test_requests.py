"""Requests in the console: open first, newest first; closed once."""

from collections.abc import Callable

from models import SupportRequest
from services import support_requests
from tests.support.site import Site


def file(site: Site, subject: str, email: str = "someone@else.example") -> SupportRequest:
    with site.context():
        return support_requests.file(email=email, subject=subject, message="Please help.", me=None)


def test_open_requests_come_first_and_the_newest_first(site: Site) -> None:
    oldest, middle, newest = (file(site, subject) for subject in ("Oldest", "Middle", "Newest"))
    support = site.world.support()
    browser = site.signed_in(support)
    browser.get(f"/support/requests/{newest.public_id}")
    assert browser.submit(form="/close").location == "/support/requests"
    page = browser.get("/support/requests")
    subjects = [cell.get_text(strip=True) for cell in page.html.select("tbody th")]
    assert subjects == ["Middle", "Oldest", "Newest"]
    assert site.world.reload(newest).closed_by_id == support.id
    assert site.world.reload(middle).state == site.world.reload(oldest).state == "open"


def test_pages_of_requests_neither_lose_nor_repeat_one(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_SUPPORT_REQUEST_ADDRESS="1000/hour")
    filed = [file(site, f"Request {number:02}") for number in range(60)]
    with site.context():
        from services.disabling import Operator

        for asked in filed[::3]:
            support_requests.close(asked, operator=Operator(None, "test"))
        seen: list[str] = []
        after = ""
        while True:
            rows, after = support_requests.page(after)
            seen += [row.subject for row in rows]
            if not after:
                break
    opened = [asked.subject for number, asked in enumerate(filed) if number % 3]
    closed = [asked.subject for asked in filed[::3]]
    assert seen == opened[::-1] + closed[::-1]


def test_a_request_is_closed_once(site: Site) -> None:
    asked = file(site, "Lost phone")
    browser = site.signed_in(site.world.support())
    page = browser.get(f"/support/requests/{asked.public_id}")
    browser.submit(form="/close")
    assert "Request closed" in browser.get("/support/requests").notes
    browser.page = page
    browser.submit(form="/close")
    assert "closed already" in browser.get("/support/requests").notes
    assert browser.get(f"/support/requests/{asked.public_id}").html.select('form[action$="/close"]') == []


def test_a_request_says_whether_its_writer_was_signed_in(site: Site) -> None:
    account, owner = site.world.acme()
    outside = file(site, "From outside", owner.email)
    member = site.signed_in(owner)
    member.get("/help/contact-support")
    member.submit(subject="From inside", message="It is me.")
    browser = site.signed_in(site.world.support())
    page = browser.get(f"/support/requests/{outside.public_id}")
    assert "not signed in" in page.words
    assert account.name in page.words
    listed = browser.get("/support/requests")
    inside = listed.html.find("a", string="From inside")
    assert inside is not None
    assert "not signed in" not in browser.get(str(inside["href"])).words


def test_without_requests_the_page_says_so(site: Site) -> None:
    browser = site.signed_in(site.world.support())
    assert "Nobody has written to support yet" in browser.get("/support/requests").words


def test_what_people_wrote_is_shown_as_text(site: Site) -> None:
    with site.context():
        asked = support_requests.file(
            email="x@else.example",
            subject="<script>alert(1)</script>",
            message="<b>bold</b>\n{{ 7*7 }}",
            me=None,
        )
    browser = site.signed_in(site.world.support())
    page = browser.get(f"/support/requests/{asked.public_id}")
    assert page.heading == "<script>alert(1)</script>"
    assert "<b>bold</b> {{ 7*7 }}" in page.words


def test_an_address_that_belongs_to_nobody_is_said_to(site: Site) -> None:
    asked = file(site, "Hello", "who@else.example")
    page = site.signed_in(site.world.support()).get(f"/support/requests/{asked.public_id}")
    assert "who@else.example" in page.words
    assert "No account has a user with this address" in page.words


def test_from_a_request_its_account_is_reached_with_the_request_chosen(site: Site) -> None:
    account, owner = site.world.acme()
    asked = file(site, "Lost phone", owner.email)
    browser = site.signed_in(site.world.support())
    page = browser.get(f"/support/requests/{asked.public_id}")
    link = page.html.select_one('main a[href*="?request="]')
    assert link is not None
    page = browser.get(str(link["href"]))
    assert page.heading == account.name
    assert page.value("request_id") == asked.public_id
    for odd in ("%00", "nobody", "x" * 500):
        assert browser.get(f"/support/accounts/{account.public_id}?request={odd}").value("request_id") == ""
