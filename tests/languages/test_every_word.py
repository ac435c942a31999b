"""No page says a word that was not given to the translators, found by a language of brackets."""

import re
from collections.abc import Callable, Iterator

import pytest

from services import language, places
from services.exports import columns
from tests.support import pseudo
from tests.support.browser import Browser, Page
from tests.support.estate import Estate, address, estate, routes
from tests.support.site import Site

#: Such as send a file, or nothing that is read by people.
LEFT_OUT = {
    "static", "settings.activity_csv", "export.download", "contacts.import_refused",
    "health.healthz", "health.readyz", "health.security_txt",
}  # fmt: skip
#: What the estate holds that nobody translates; names, addresses, units, and what is called so in every language.
DATA = re.compile(
    r"^(?:No address|x|Please help us)$|[\w.+-]*@[\w.-]+|\bName \d+\b"
    r"|\bSHA-256\b|\bUTC\b|\b\d+(\.\d+)? s\b|\bEngagementC\b"
)


def data_of(site: Site, of: Estate) -> set[str]:
    """What people typed, and what is called the same in every language."""
    with site.context():
        named = {*places.countries().values(), *places.time_zones().values(), *columns.available(of.account)}
    return {*of.secrets, *of.ids.values(), *named, *language.LANGUAGES.values(), site.settings.brand_name}


def answers(browser: Browser, site: Site, of: Estate, *, post: bool) -> Iterator[tuple[str, Page]]:
    """Every page, and every form sent empty: it tells what is missing."""
    for rule in routes(site):
        if rule.endpoint in LEFT_OUT or "GET" not in (rule.methods or ()):
            continue
        path = address(rule, of.ids)
        yield rule.endpoint, browser.get(path)
        if post and "POST" in (rule.methods or ()):
            yield rule.endpoint, browser.post(path)
    yield "not found", browser.get("/no/such/page")
    yield "csrf", browser.post("/login", {}, csrf=False)


def said(page: Page, data: set[str]) -> list[str]:
    if page.response.mimetype == "application/json":
        return pseudo.words(list(pseudo.of_json(page.response.get_json())), data, DATA)
    if page.response.mimetype == "text/html" and not page.location:
        return pseudo.outside(page.html, data, DATA)
    return []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_says_a_word_that_is_in_no_catalogue(
    make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    of = estate(site, "Borealis")
    people = {
        "stranger": site.browser(),
        "half": site.half_signed_in(of.exporter),
        "user": site.signed_in(of.user),
        "owner": site.signed_in(of.owner),
        "support": site.signed_in(site.world.support(name="Sam")),
    }
    pseudo.add(monkeypatch)
    data = {*data_of(site, of), "Sam"}
    found: dict[str, set[str]] = {}
    pages = 0
    for who, browser in people.items():
        browser.headers["Accept-Language"] = pseudo.CODE
        for endpoint, page in answers(browser, site, of, post=who != "half"):
            assert page.status < 500, f"{who} {endpoint}: {page.status}"
            pages += page.response.mimetype == "text/html" and not page.location
            if texts := said(page, data):
                found.setdefault(endpoint, set()).update(texts)
    assert {endpoint: sorted(texts) for endpoint, texts in sorted(found.items())} == {}
    assert pages > 100


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_words_outside_brackets_are_found(
    make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    pseudo.add(monkeypatch)
    browser = site.browser(accept_language=pseudo.CODE)
    page = browser.get("/login")
    assert page.heading.startswith(pseudo.OPEN)
    heading = page.html.find("h1")
    assert heading is not None
    heading.string = "Sign in"
    field = page.html.find("input", {"name": "email"})
    assert field is not None
    field["placeholder"] = "you@example.org or your name"  # type: ignore[index]
    data = {site.settings.brand_name, *language.LANGUAGES.values()}
    assert said(page, data) == ["Sign in", "or your name"]
