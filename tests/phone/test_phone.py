"""The development phone: what was sent, as it would arrive, and only in development."""

import json
from collections.abc import Callable

import pytest

from tests.support.site import Site


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site(APP_ENV="development")


def test_the_code_can_be_read_in_the_browser_that_waits_for_it(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get("/login")
    browser.submit(email=owner.email, password=site.world.password)
    code = site.code(owner.mobile_number)
    page = browser.get("/dev/phone")
    assert page.status == 200
    assert f"{code} is your" in page.words
    assert owner.name in page.words
    browser.get("/login/code")
    assert browser.submit(code=code).status == 303


def test_texts_are_newest_first_and_of_one_phone_if_asked(site: Site) -> None:
    lines = [
        {
            "id": str(n), "at": f"2026-11-24T07:0{n}:00+00:00", "to": to, "from": "Acme", "text": f"text {n}",
            "purpose": "x",
        }
        for n, to in enumerate(["+447400123456", "+447400123457", "+447400123456"])
    ]  # fmt: skip
    site.settings.sms_outbox.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"torn')
    browser = site.browser()
    texts = [p.get_text() for p in browser.get("/dev/phone").html.select(".bubble")]
    assert texts == ["text 2", "text 1", "text 0"]
    page = browser.get("/dev/phone?number=%2B447400123456")
    assert [p.get_text() for p in page.html.select(".bubble")] == ["text 2", "text 0"]
    assert page.value("number") == "+447400123456"


def test_a_call_stands_among_the_texts_by_its_time(site: Site) -> None:
    def line(minute: int, **words: str) -> str:
        at = f"2026-11-24T07:0{minute}:00+00:00"
        return json.dumps(
            {"id": str(minute), "at": at, "to": "+447400123456", "from": "x", "purpose": "x", **words}
        )

    site.settings.sms_outbox.write_text(f"{line(1, text='first')}\n{line(3, text='third')}\n")
    site.settings.voice_outbox.write_text(f"{line(2, words='Hello. 1, 2')}\n")
    page = site.browser().get("/dev/phone?number=%2B447400123456")
    bubbles = [bubble.get_text() for bubble in page.html.select(".bubble")]
    assert bubbles == ["third", "A call says, twice: Hello. 1, 2", "first"]


def test_what_was_sent_is_shown_as_text_and_runs_nowhere(site: Site) -> None:
    line = {
        "id": "1",
        "at": "2026-11-24T07:00:00+00:00",
        "to": "<b>",
        "from": "<i>",
        "text": "<script>1</script>",
    }
    site.settings.sms_outbox.write_text(json.dumps({**line, "purpose": "x"}) + "\n")
    assert "&lt;script&gt;1&lt;/script&gt;" in site.browser().get("/dev/phone").text


def test_a_mails_link_can_be_followed(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get("/password/forgot")
    browser.submit(email=owner.email)
    link = site.link(owner.email, "/password/reset/")
    page = browser.get("/dev/mail")
    [anchor] = page.html.select("article a[href*='/password/reset/']")
    assert str(anchor["href"]).endswith(link)
    assert browser.get(link).status == 200


def test_an_empty_phone_says_so(site: Site) -> None:
    assert "No texts yet" in site.browser().get("/dev/phone").words
    assert "No mails yet" in site.browser().get("/dev/mail").words


def test_it_reloads_by_itself_only_when_asked(site: Site) -> None:
    browser = site.browser()
    assert not browser.get("/dev/phone").html.select("meta[http-equiv=refresh]")
    assert browser.get("/dev/phone?live=1").html.select("meta[http-equiv=refresh]")


@pytest.mark.parametrize("path", ["/dev/phone", "/dev/mail"])
def test_search_engines_are_kept_out(site: Site, path: str) -> None:
    assert site.browser().get(path).headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("path", ["/dev/phone", "/dev/mail"])
@pytest.mark.asvs("15.2.3")
def test_there_is_no_phone_outside_development(make_site: Callable[..., Site], path: str) -> None:
    assert make_site(APP_ENV="testing").browser().get(path).status == 404
