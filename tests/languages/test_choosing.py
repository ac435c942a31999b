"""Which language a page speaks: one's own setting, else what was chosen here, else what the browser asks for."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from blueprints import languages
from extensions import db
from models.audit import AuditEvent
from models.message import Message
from services import audit_sentences
from services.language import using
from tests.support.browser import Browser, Page
from tests.support.site import Site

GERMAN = {"accept_language": "de-AT,de;q=0.9,en;q=0.5"}


def language(page: Page) -> str:
    return str(page.html.html["lang"]) if page.html.html else ""


def choose(browser: Browser, path: str, code: str) -> Page:
    """By the switch below the page."""
    browser.get(path)
    return browser.submit(form="/language", language=code)


def test_a_page_speaks_as_the_browser_asks_and_says_so(site: Site) -> None:
    page = site.browser(**GERMAN).get("/login")
    assert (language(page), page.heading) == ("de", "Anmelden")
    assert page.headers["Content-Language"] == "de"
    assert "Accept-Language" in page.headers["Vary"]
    assert language(site.browser(accept_language="fr,ja;q=0.5").get("/login")) == "en"
    assert language(site.browser().get("/login")) == "en"


def test_a_site_can_have_another_language_where_nobody_says_one(make_site: Callable[..., Site]) -> None:
    site = make_site(DEFAULT_LANGUAGE="de")
    assert language(site.browser().get("/login")) == "de"
    assert language(site.browser(accept_language="en").get("/login")) == "en"


def test_the_switch_leads_back_to_its_page_in_the_other_language(site: Site) -> None:
    browser = site.browser()
    answer = choose(browser, "/password/forgot?x=1", "de")
    assert (answer.status, answer.location) == (303, "/password/forgot?x=1")
    assert language(browser.follow()) == "de"
    choose(browser, "/login?next=/contacts", "en")
    assert (language(browser.follow()), browser.last.path) == ("en", "/login?next=/contacts")


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "/no/such/page", ""]
)
def test_the_switch_leads_nowhere_else(site: Site, path: str) -> None:
    assert site.browser().post("/language", {"language": "de", "next": path}).location == "/login"


def test_a_language_that_is_not_there_cannot_be_chosen(site: Site) -> None:
    browser = site.browser()
    for code in ("fr", "", "../de", "de-AT"):
        assert browser.post("/language", {"language": code}).status == 400
    assert language(browser.get("/login")) == "en"


def test_what_was_chosen_is_kept_over_signing_in_and_out(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.browser()
    choose(browser, "/login", "de")
    site.signed_in(owner, browser=browser)
    assert language(browser.get("/contacts")) == "de"
    browser.post("/logout")
    page = browser.follow()
    assert (language(page), page.notes) == ("de", "Sie sind abgemeldet.")


def test_ones_own_setting_goes_before_everything_else(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.browser(**GERMAN)
    choose(browser, "/login", "de")
    site.signed_in(owner, browser=browser)
    browser.get("/settings/profile")
    page = browser.submit(having="mobile_number", language="en")
    assert page.status == 303
    page = browser.follow()
    assert (language(page), page.notes, page.value("language")) == ("en", "Profile saved.", "en")
    browser.submit(having="mobile_number", language="")
    page = browser.follow()
    assert (language(page), page.value("language")) == ("de", "")


def test_the_code_page_speaks_the_language_of_who_signs_in(site: Site) -> None:
    owner = site.world.owner(site.world.account(two_factor=True), language="de")
    browser = site.browser()
    browser.get("/login")
    browser.submit(email=owner.email, password=site.world.password)
    assert language(browser.follow()) == "de"


def test_a_change_of_language_is_in_the_log(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/profile")
    browser.submit(having="mobile_number", language="de")
    with site.context(), using("en"):
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "user:changed")).one()
        assert audit_sentences.sentence(event).endswith(": language from that of the browser to Deutsch")


def test_a_form_that_sends_no_language_leaves_it(site: Site) -> None:
    owner = site.world.owner(site.world.account(), language="de")
    browser = site.signed_in(owner)
    assert (
        browser.post("/settings/profile", {"name": "Dana", "mobile_number": owner.mobile_number}).status
        == 303
    )
    assert site.world.reload(owner).language == "de"
    page = browser.post("/settings/profile", {"name": "Dana", "language": "xx"})
    assert (page.status, page.error("language")) == (422, "Wählen Sie eine Sprache aus der Liste")


def test_support_staff_choose_theirs(site: Site) -> None:
    sam = site.world.support()
    browser = site.signed_in(sam)
    browser.get("/settings/profile")
    assert browser.submit(having="name", language="de").status == 303
    assert language(browser.follow()) == "de"
    assert site.world.reload(sam).language == "de"


def test_who_is_invited_is_written_to_in_the_language_of_who_invites(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner, browser=site.browser(**GERMAN))
    browser.get("/settings/users/new")
    browser.submit(having="email", name="Zoë", email="zoe@acme.example", mobile_number="07400 288999")
    with site.context():
        found = db.session.scalars(select(Message).where(Message.template == "invitation")).one()
        assert found.language == "de"


def test_what_wtforms_says_by_itself_is_said_in_the_language_of_the_page(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner, browser=site.browser(**GERMAN))
    page = browser.post("/contacts/export", {"status": "nonsense", "columns": "Email", "list": ""})
    assert "Keine gültige Auswahl." in page.words


@pytest.mark.parametrize(
    "asked", ["de" + "-x" * 3000, "de;q=1e999", "de;q=nan", ";;,=", "de," * 2000, "%(x)s", "\xff\xfe"]
)
def test_whatever_a_browser_asks_for_gets_a_page_and_stays_short_in_memory(site: Site, asked: str) -> None:
    languages._of_browser.cache_clear()
    answer = site.app.test_client().get("/login", headers={"Accept-Language": asked})
    assert (answer.status_code, answer.headers["Content-Language"] in {"en", "de"}) == (200, True)
    assert languages._of_browser.cache_info().currsize == 1
    languages._of_browser(asked[:200])
    assert languages._of_browser.cache_info().hits == 1
