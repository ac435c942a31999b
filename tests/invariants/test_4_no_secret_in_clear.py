"""Invariant 4. The whole story with every library talking at its loudest; then all of it is searched."""

import base64
import logging
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.browser import Browser, Page
from tests.support.estate import Estate, estate
from tests.support.exporting import download, fixed_export
from tests.support.rows import snapshot
from tests.support.site import Site

NEW_PASSWORD = "nine wandering teapots sing"
TYPED_WRONG = "seven invisible umbrellas fly"
NEW_NUMBER = "+447400129876"

#: Where full numbers may stand.
_NUMBER_COLUMNS = {
    "users.mobile_number", "users.mobile_number_typed", "challenges.destination", "challenges.destination_typed",
    "messages.recipient", "number_confirmations.number", "number_confirmations.number_typed",
    "number_confirmations.proved_number",
}  # fmt: skip
#: Pages on which people see their own number, or an owner those of the users; and what they typed, given back.
_NUMBER_PAGES = re.compile(
    r"/settings/(account(/mobile-numbers)?|users(/[\w-]{22}|/new)?|profile)(\?|$)|/step-up/resume/[\w-]{22}$"
)


class Everything:
    """What was written and answered while it was open: log records, pages, headers, cookies."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.pages: list[tuple[str, str]] = []
        self.heads: list[str] = []
        self.cookies: list[str] = []
        self.tokens: set[str] = set()

    def keep(self, page: Page) -> None:
        self.pages.append((page.path, page.text))
        for name, value in page.headers.items():
            if name == "Set-Cookie":
                self.cookies.append(_readable(value.split(";")[0].split("=", 1)[1]))
                self.tokens |= set(re.findall(r"[\w-]{43}", self.cookies[-1]))
            else:
                self.heads.append(f"{name}: {value}")


def _readable(cookie: str) -> str:
    """What a signed cookie says to whoever decodes it."""
    cookie = cookie.strip('"')
    payload = cookie.split(".")[1] if cookie.startswith(".") else cookie.split(".")[0]
    try:
        data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return (zlib.decompress(data) if cookie.startswith(".") else data).decode()
    except (ValueError, zlib.error, UnicodeDecodeError):
        return cookie


class Listener(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> Iterator[Everything]:
    kept = Everything()
    listener = Listener(kept.log)
    root = logging.getLogger()
    before = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    noisy = [
        logging.getLogger(name)
        for name in ("sqlalchemy.engine", "sqlalchemy.orm", "huey", "vonage", "urllib3")
    ]
    levels = [logger.level for logger in noisy]
    for logger in noisy:
        logger.setLevel(logging.DEBUG if not logger.name.startswith("sqlalchemy") else logging.INFO)
    opened = Browser._open

    def listening(self: Browser, *arguments: Any, **options: Any) -> Page:
        page = opened(self, *arguments, **options)
        kept.keep(page)
        return page

    monkeypatch.setattr(Browser, "_open", listening)
    yield kept
    root.removeHandler(listener)
    root.setLevel(before)
    for logger, level in zip(noisy, levels, strict=True):
        logger.setLevel(level)


def the_story(site: Site, of: Estate) -> None:
    """Every flow in which a secret is typed, sent or shown; faults included."""
    browser = site.browser()
    browser.get("/login")
    browser.submit(email=of.owner.email, password=TYPED_WRONG)
    browser.submit(email=of.owner.email, password=site.world.password)
    browser.get("/login/code")
    code = site.code(of.owner.mobile_number)
    browser.submit(code=f"{(int(code) + 1) % 10**6:06}")
    browser.submit(code=code)
    path = fixed_export(browser)
    site.step_up(browser, f"{path}/download")
    assert download(browser, path).data
    _change_own_number(site, browser)
    _set_others_number(site, of, browser)
    for page in (
        "/settings/activity",
        "/settings/users",
        "/settings/browsers",
        "/settings/profile",
        "/contacts",
    ):
        browser.get(page)
    _reset(site, of)
    _support(site, of)
    # What goes wrong tells no more: an odd address, an odd body, an odd link.
    browser.get("/contacts/exports/%00/download")
    browser.post("/settings/profile", {"name": "\x00", "mobile_number": NEW_NUMBER + "x"})
    browser.get(f"/password/reset/{'A' * 30}")


def _change_own_number(site: Site, browser: Browser) -> None:
    browser.get("/settings/profile")
    answer = browser.submit(having="mobile_number", mobile_number=NEW_NUMBER)
    browser.get(answer.location)
    resume = browser.submit(code=site.code())
    browser.get(resume.location)
    answer = browser.submit(form="/settings/profile")
    assert answer.location.startswith("/settings/profile/confirm-mobile"), answer.location
    browser.get(answer.location)
    assert browser.submit(code=site.code(NEW_NUMBER)).status == 303


def _set_others_number(site: Site, of: Estate, browser: Browser) -> None:
    browser.get("/settings/account/mobile-numbers")
    name = f"mobile_number-{of.user.public_id}"
    answer = browser.submit(having=name, **{name: "+447400128765"})
    browser.get(answer.location)
    resume = browser.submit(code=site.code(NEW_NUMBER))
    browser.get(resume.location)
    browser.submit(form="/settings/account/mobile-numbers")


def _reset(site: Site, of: Estate) -> None:
    other = site.browser()
    other.get("/password/forgot")
    other.submit(email=of.exporter.email)
    other.get(site.link(of.exporter.email, "/password/reset/"))
    other.submit(password="short", password_again="short")
    other.submit(password=NEW_PASSWORD, password_again=NEW_PASSWORD)


def _support(site: Site, of: Estate) -> None:
    person = site.world.support()
    console = site.signed_in(person)
    for page in ("/support", f"/support/accounts/{of.account.public_id}", "/support/requests"):
        console.get(page)


def codes_of(site: Site) -> set[str]:
    found = {match[1] for text in site.texts() if (match := re.match(r"(\d{6}) is your", text["text"]))}
    assert len(found) >= 6
    return found


def in_clear(code: str, text: str) -> bool:
    """Whether the digits stand there by themselves: not within a longer number, a fraction of a second or a hash."""
    return re.search(rf"(?<![\w.#-]){code}(?![\w-])", text) is not None


@pytest.fixture
def loud(make_site: Callable[..., Site]) -> Site:
    return make_site(LOG_LEVEL="DEBUG", LIMIT_SMS_USER="100/hour")


@pytest.mark.asvs("14.2.1", "16.2.5")
@pytest.mark.threat("A13")
@pytest.mark.threat("I5")
@pytest.mark.asvs("13.3.2", "14.2.4", "14.2.6", "15.3.1")
def test_no_code_password_token_or_full_number_appears_in_log_page_address_cookie_or_database(
    loud: Site, everything: Everything
) -> None:
    of = estate(loud, "Borealis")
    everything.log.clear()
    the_story(loud, of)
    links = {token for mail in loud.mails() for token in re.findall(r"/([\w-]+\.[\w-]{30,})", mail["text"])}
    numbers = {
        str(of.owner.mobile_number), str(of.user.mobile_number), NEW_NUMBER, "+447400128765",
        *(number.replace("+44", "0") for number in (str(of.owner.mobile_number), NEW_NUMBER)),
    }  # fmt: skip
    numbers |= {number.lstrip("+0") for number in numbers}
    passwords = {loud.world.password, NEW_PASSWORD, TYPED_WRONG}
    codes = codes_of(loud)
    assert len(everything.log) > 50
    assert len(links) >= 3
    assert len(everything.tokens) >= 5

    for line in everything.log:
        _is_clean(line, "log", codes, passwords | everything.tokens | links | numbers)
    for path, page in everything.pages:
        # A link from a mail is the address of its own page, and what its form posts to.
        own_link = {link for link in links if link in path}
        secrets = passwords | everything.tokens | links - own_link
        _is_clean(page, path, codes, secrets | (set() if _NUMBER_PAGES.match(path) else numbers))
        _is_clean(path, "address", codes, passwords | everything.tokens | numbers)
    for mail in loud.mails():
        for part in ("subject", "text", "html"):
            _is_clean(mail[part], f"{part} of a mail", codes, passwords | everything.tokens | numbers)
    for line in everything.heads:
        _is_clean(line, "header", codes, passwords | everything.tokens | numbers)
    for cookie in everything.cookies:
        _is_clean(cookie, "cookie", codes, passwords | numbers | links)
    for table, rows in snapshot(loud).items():
        for row in rows.values():
            for column, value in row.items():
                secrets = passwords | everything.tokens | links
                if f"{table}.{column}" not in _NUMBER_COLUMNS:
                    secrets = secrets | numbers
                _is_clean(_as_text(value), f"{table}.{column}", codes, secrets)


def _is_clean(text: str, where: str, codes: set[str], secrets: set[str]) -> None:
    for secret in secrets:
        assert secret not in text, (
            f"{where} tells {secret!r}: …{text[max(0, text.find(secret) - 80) :][:200]}…"
        )
    for code in codes:
        assert not in_clear(code, text), f"{where} tells the code {code}"


def _as_text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


@pytest.mark.asvs("16.5.1")
@pytest.mark.threat("I6")
def test_a_fault_tells_the_reader_nothing_and_the_log_no_parameters(
    loud: Site, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import text

    from extensions import db
    from services.contacts import looking

    of = estate(loud, "Borealis")
    browser = loud.signed_in(of.owner)

    def broken(*_: object, **__: object) -> None:
        db.session.execute(text("SELECT * FROM nowhere WHERE number = :number"), {"number": NEW_NUMBER})

    monkeypatch.setattr(looking, "page", broken)
    page = browser.get("/contacts")
    assert page.status in {500, 503}
    for secret in ("nowhere", "SELECT", "Traceback", "sqlalchemy", NEW_NUMBER):
        assert secret not in page.text
    assert not [line for line in everything.log if NEW_NUMBER in line]
