"""Every mail, as text and as HTML: the same words, nobody's name turned into a link, nothing fetched, no code."""

import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache, meta

from services import links
from services.wording import mail

TEMPLATES = sorted(path.stem for path in Path("templates/mail").glob("[a-z]*.txt"))
#: A company may be called so.
HOSTILE = "http://evil.example/?a=1&b=<b>\"'</p> <a href='//evil.example'>"
PUBLIC_URL = "https://app.example.com"
FACTS: dict[str, Any] = {
    "at": "2026-11-24T10:05:00+00:00", "due": "2026-11-25T10:05:00+00:00", "failures": 12, "percent": 100, "used": 900,
    "limit": 1000, "rows": 12431, "texts": 40, "verified": 1, "hours": 6, "days": 7, "minutes": 30,
    "export_id": "of-our-own",
}  # fmt: skip


def told(app: Flask, template: str) -> dict[str, Any]:
    """All that a mail may be told of, beside the facts, as if somebody else had written every word of it."""
    environment = app.jinja_env
    sources = [
        Path(f"templates/mail/{name}.txt").read_text() for name in (template, "_foot", "_foot_support")
    ]
    names = set().union(*(meta.find_undeclared_variables(environment.parse(source)) for source in sources))
    return dict.fromkeys(names - {"brand_name", "public_url", "user", "link", "fact"}, HOSTILE) | FACTS


class Read(HTMLParser):
    """The words and addresses of a page, as a mailbox takes them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.fetched: list[str] = []
        self._words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "href":
                self.addresses.append(str(value))
            elif name in {"src", "srcset", "background", "action", "poster", "data"} or name.startswith("on"):
                self.fetched.append(f"{name}={value}")

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self._words).split())


@pytest.fixture
def app(tmp_path: Path, compiled_templates: BytecodeCache) -> Flask:
    import config
    from app import create_app

    made = create_app(
        config.load(
            {
                "APP_ENV": "testing",
                "INSTANCE_PATH": str(tmp_path),
                "PUBLIC_URL": PUBLIC_URL,
                "BRAND_NAME": "A & B",
            }
        )
    )
    made.jinja_env.bytecode_cache = compiled_templates
    return made


@pytest.fixture
def write(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``write("exported", list_name="Newsletter")``: a mail with a link, and with whatever else it may tell."""
    monkeypatch.setattr(links, "url", lambda link, path: PUBLIC_URL + path.format(token="TOKEN.abc-_1"))

    def written(template: str, purpose: str = links.NOT_ME, **given: Any) -> mail.Words:
        params = told(app, template) | {"state": "partial", "own": False}
        user: Any = SimpleNamespace(name=given.pop("user_name", HOSTILE))
        link: Any = SimpleNamespace(purpose=purpose)
        with app.app_context():
            return mail.render(template, params | given, user, link, "Europe/London")

    return written


def words_of(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.asvs("1.1.2", "1.2.1")
def test_what_others_wrote_is_escaped_once_and_never_a_link(template: str, write: Any) -> None:
    written = write(template)
    page = Read(written.html)

    assert all(address.startswith(PUBLIC_URL) for address in page.addresses)
    assert "evil.example" not in "".join(page.addresses)
    assert "b" not in page.tags
    assert "&amp;lt;" not in written.html
    assert "&amp;amp;" not in written.html
    assert page.words.count("evil.example") >= words_of(written.text).count("evil.example")


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_html_says_what_the_text_says(template: str, write: Any) -> None:
    written = write(template)
    page = Read(written.html).words

    for paragraph in re.split(r"\n\s*\n", written.text.strip()):
        for line in paragraph.splitlines():
            for part in (
                line.split(": ", 1) if line.startswith(("When: ", "From: ", "Reason given: ")) else [line]
            ):
                assert words_of(part) in page, part
    assert written.subject in page


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_mail_fetches_nothing_and_can_be_read_without_pictures(template: str, write: Any) -> None:
    page = write(template).html
    read = Read(page)

    assert read.fetched == []
    assert {"img", "script", "link", "iframe", "form", "object", "base", "svg"}.isdisjoint(read.tags)
    assert "url(" not in page
    assert "@import" not in page
    assert '<html lang="en">' in page
    assert '<meta name="color-scheme" content="light dark">' in page


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_marks_of_structure_are_in_neither_part(template: str, write: Any) -> None:
    written = write(template)

    assert not re.search(r"[\x00-\x08\x0e-\x1f]", written.subject + written.text + written.html)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.asvs("6.6.1")
def test_no_mail_has_room_for_a_code(template: str, write: Any) -> None:
    """A code is derived from a challenge, and no mail is given one."""
    written = write(template)

    for part in (written.subject, written.text, Read(written.html).words):
        assert not re.search(r"(?<![\w#])\d{6}(?!\w)", part)
    source = re.sub(r'"[^"]*"', "", Path(f"templates/mail/{template}.txt").read_text())
    assert not re.search(r"{{[^}]*(code|challenge|nonce)", source)


def test_the_first_address_is_a_button_with_its_address_readable_below(write: Any) -> None:
    written = write("reset", links.PASSWORD_RESET)
    address = f"{PUBLIC_URL}/password/reset/TOKEN.abc-_1"

    assert re.search(rf'<a href="{re.escape(address)}"[^>]*>Set a new password</a>', written.html)
    assert f"This button leads to {address}" in Read(written.html).words
    assert address in written.text.splitlines()


def test_of_two_addresses_one_is_a_button(write: Any) -> None:
    written = write("codes_paused")

    assert written.html.count("This button leads to") == 1
    assert Read(written.html).addresses == [
        f"{PUBLIC_URL}/password/forgot", f"{PUBLIC_URL}/not-me/TOKEN.abc-_1", PUBLIC_URL
    ]  # fmt: skip


def test_times_and_reasons_are_facts_beside_their_names(write: Any) -> None:
    page = write("two_factor_off", reason="asked by phone").html

    assert re.search(r"<dt[^>]*>Reason given</dt>\s*<dd[^>]*>asked by phone</dd>", page)
    assert re.search(r"<dt[^>]*>When</dt>\s*<dd[^>]*>24 November 2026, 10:05 \(Europe/London\)</dd>", page)


@pytest.mark.parametrize(
    "name", ["When: now", f"{PUBLIC_URL}/login", "    flask sms", "\x02\x02", "Subject: x"]
)
def test_nobody_makes_structure_by_being_called_so(name: str, write: Any) -> None:
    """The owner's name begins a line of this mail."""
    plain, odd = write("two_factor_on", by="Dana").html, write("two_factor_on", by=name).html

    assert Read(odd).addresses == Read(plain).addresses
    assert Read(odd).tags.count("dt") == Read(plain).tags.count("dt")
