"""Invariant 4 with texts and mails over TLS to the provider's SDK and an SMTP server, everything at its loudest."""

import base64
import email
import logging
import re
from collections.abc import Callable, Iterator
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services import keys, logs
from services.contacts import looking
from tests.invariants.test_4_no_secret_in_clear import (
    NEW_PASSWORD,
    Everything,
    Listener,
    _as_text,
    _is_clean,
    codes_of,
    everything,  # noqa: F401  # the fixture
)
from tests.support.browser import Browser
from tests.support.exporting import download, fixed_export
from tests.support.rows import snapshot
from tests.support.site import Site
from tests.support.smtp_server import SmtpServer
from tests.support.vonage_standin import VonageStandin
from tests.support_console.console import disable
from tests.webhooks.signing import event, post, signed

RELAY_PASSWORD = "relay-password-of-one-test"
SIGNATURE_SECRET = "a signature secret of 32 bytes or more"
APPLICATION = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
QUOTED = "a library's words: key (mobile_number)=(+447400121111), code 123456"
INVITED = "zoe@acme.example"


class Wired(Site):
    """A site whose phones and mailboxes are what the provider and the mail server were given."""

    vonage: VonageStandin
    smtp: SmtpServer

    def texts(self, to: str | None = None) -> list[dict[str, str]]:
        self.deliver()
        seen = [{"to": "+" + one.body["to"], "text": one.body["text"]} for one in self.vonage.requests]
        return [one for one in seen if to is None or one["to"] == to]

    def mails(self, to: str | None = None) -> list[dict[str, str]]:
        self.deliver()
        seen = []
        for envelope in self.smtp.received:
            body = email.message_from_bytes(envelope.original_content or b"", policy=default).get_body(
                ("plain",)
            )
            seen.append({"to": str(envelope.rcpt_tos[0]), "text": body.get_content() if body else ""})
        return [one for one in seen if to is None or one["to"] == to]


@pytest.fixture(scope="module")
def private_key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def wired(
    make_site: Callable[..., Site], private_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Wired]:
    with VonageStandin() as vonage, SmtpServer(password=RELAY_PASSWORD) as smtp:
        for name, authority in (("provider", vonage.ca_pem), ("mail", smtp.ca_pem)):
            (tmp_path / f"{name}.pem").write_bytes(authority)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "provider.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "mail.pem"))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
        app = make_site(
            LOG_LEVEL="DEBUG", LIMIT_SMS_USER="100/hour",
            SMS_GATEWAY="vonage", VONAGE_APPLICATION_ID=APPLICATION, VONAGE_PRIVATE_KEY=private_key,
            VONAGE_SENDER="Acme", VONAGE_API_HOST=vonage.host, VONAGE_SIGNATURE_SECRET=SIGNATURE_SECRET,
            VONAGE_API_KEY="abcd1234",
            MAIL_GATEWAY="smtp", SMTP_URL=f"smtp://relay:{RELAY_PASSWORD}@127.0.0.1:{smtp.port}",
        ).app  # fmt: skip
        site = Wired(app)
        site.vonage, site.smtp = vonage, smtp
        yield site


def the_story(site: Wired, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Set-up, sign-in, invitation, reset, export, receipt, support's switch, a fault. Returns all full numbers."""
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    support = site.world.support()
    site.world.contacts(account, 3, list_name="Newsletter")
    browser = site.signed_in(owner)
    _set_up(site, browser, owner)
    anas = site.signed_in(ana)
    path = fixed_export(browser)
    site.step_up(browser, f"{path}/download")
    assert b"contact-" in download(browser, path).data
    _invite(site, browser)
    _reset(site, ana.email)
    _receipt(site)
    for page in ("/settings/activity", "/settings/users", "/settings/browsers", "/settings/profile"):
        browser.get(page)
    anas.get("/contacts")
    with monkeypatch.context() as patch:
        patch.setattr(looking, "page", _broken)
        assert browser.get(f"/contacts?q={owner.mobile_number}").status in {500, 503}
    console = site.signed_in(support)
    answer = disable(site, console, account, support)
    assert answer.status == 303, answer.status
    site.deliver()
    return [str(person.mobile_number) for person in (owner, ana, support)] + ["+447400127654"]


def _set_up(site: Wired, browser: Browser, owner: Any) -> None:
    browser.get("/settings/account")
    answer = browser.submit(two_factor_enabled="y")
    browser.get(answer.location)
    assert browser.submit(code=site.code(owner.mobile_number)).location == "/settings/account"


def _invite(site: Wired, browser: Browser) -> None:
    browser.get("/settings/users/new")
    answer = browser.submit(having="email", name="Zoe", email=INVITED, mobile_number="07400 127654")
    if answer.location.startswith("/step-up"):
        browser.get(answer.location)
        resume = browser.submit(code=site.code())
        browser.get(resume.location)
        browser.submit(form="/settings/users/new")
    guest = site.browser()
    guest.get(site.link(INVITED, "/invitations/"))
    guest.submit(password=NEW_PASSWORD, password_again=NEW_PASSWORD)


def _reset(site: Wired, address: str) -> None:
    other = site.browser()
    other.get("/password/forgot")
    other.submit(email=address)
    other.get(site.link(address, "/password/reset/"))
    other.submit(password=NEW_PASSWORD, password_again=NEW_PASSWORD)


def _receipt(site: Wired) -> None:
    reference = site.vonage.requests[-1].body.get("client_ref", "none")
    for body in (event(reference, "delivered"), b"{"):
        post(site, body, signed(body))
        post(site, body, signed(body, secret="another secret of at least 32 bytes!"))


def _broken(*_: object, **__: object) -> None:
    raise RuntimeError(QUOTED)


def held(site: Wired, private_key: str) -> set[str]:
    """What the processes hold: keys and passwords of the operator, in every spelling that a log could have."""
    with site.context():
        derived = [keys.key(use) for use in ("codes", "links", "audit", "seal", "limits", "audit heads")]
    spelled = {
        form for one in derived for form in (one.hex(), base64.b64encode(one).decode(), repr(one)[2:-1])
    }
    lines = {line for line in private_key.splitlines() if len(line) > 30 and "-----" not in line}
    return spelled | lines | {site.settings.secret_key, RELAY_PASSWORD, SIGNATURE_SECRET}


@pytest.mark.asvs("13.3.2", "14.2.1", "16.2.5")
@pytest.mark.threat("I3", "I5")
def test_nothing_secret_leaves_by_any_other_way_than_the_text_and_the_mail(
    wired: Wired,
    everything: Everything,  # noqa: F811  # the fixture
    private_key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for listener in logging.getLogger().handlers:
        if isinstance(listener, Listener):
            listener.setFormatter(logs.formatter(for_machines=True))  # what a process in production writes
    numbers = {*the_story(wired, monkeypatch), "+447400121111"}
    numbers |= {number.replace("+44", "0") for number in numbers} | {number[1:] for number in numbers}
    links = {token for mail in wired.mails() for token in re.findall(r"/([\w-]+\.[\w-]{30,})", mail["text"])}
    codes = codes_of(wired)
    tickets = {one.authorization.removeprefix("Bearer ") for one in wired.vonage.requests}
    assert len(links) >= 3
    assert len(wired.vonage.requests) >= 6
    assert wired.smtp.signed_in
    assert len(everything.tokens) >= 5
    operators = held(wired, private_key)
    secrets = {wired.world.password, NEW_PASSWORD} | everything.tokens | tickets | operators

    log = "\n".join(everything.log)
    assert "urllib3.connectionpool" in log, "the listener does hear the SDK's own lines"
    assert "RuntimeError" in log
    for line in everything.log:
        _is_clean(line, "log", codes | {"123456"}, secrets | links | numbers)
    for path, page in everything.pages:
        # A link from a mail is the address of its own page, and what its form posts to.
        own_link = {link for link in links if link in path}
        _is_clean(page, path, codes, secrets | links - own_link)
    for line in everything.heads:
        _is_clean(line, "header", codes, secrets | links | numbers)
    for cookie in everything.cookies:
        _is_clean(cookie, "cookie", codes, (secrets - everything.tokens) | links | numbers)
    for table, rows in snapshot(wired).items():
        for row in rows.values():
            for column, value in row.items():
                _is_clean(_as_text(value), f"{table}.{column}", codes, secrets | links)


@pytest.mark.asvs("14.2.1")
@pytest.mark.threat("I3")
def test_a_page_that_a_link_opens_tells_no_other_site_its_address(wired: Wired) -> None:
    _, owner = wired.world.acme()
    guest = wired.browser()
    guest.get("/password/forgot")
    guest.submit(email=owner.email)
    page = guest.get(wired.link(owner.email, "/password/reset/"))
    assert page.headers["Referrer-Policy"] in {"no-referrer", "same-origin", "strict-origin"}
    assert page.headers["Cache-Control"] == "no-store"
    outside = [tag.get("href") or tag.get("src") for tag in page.html.select("[href^=http], [src^=http]")]
    assert [one for one in outside if not str(one).startswith(wired.settings.public_url)] == []
