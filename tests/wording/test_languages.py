"""Each message is written in the language of who gets it, and says in each language all that it says in English."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from extensions import db
from models import Challenge
from models.audit import AuditEvent
from models.message import Message
from services import audit_sentences, gsm7, language, links
from services.audit import record
from services.audit_events import DECLARED, KINDS, Event
from services.unit_of_work import write
from services.wording import approvals, mail, sms, voice
from tests.support.browser import Browser
from tests.support.site import Site

OTHERS = sorted(set(language.LANGUAGES) - {language.SOURCE})
GERMAN = {"accept_language": "de"}
MAILS = sorted(path.stem for path in Path("templates/mail").glob("[a-z]*.txt"))
FACTS = {
    "at": "2026-03-24T10:05:00+00:00", "due": "2026-03-25T10:05:00+00:00", "failures": 12, "percent": 80,
    "used": 9001, "limit": 9002, "rows": 12431, "texts": 41, "verified": 3, "hours": 17, "days": 19, "minutes": 37,
    "export_id": "Xex",
    "by": "Xby", "name": "Xname", "email": "Xemail@x.example", "account_name": "Xaccount", "list_name": "Xlist",
    "old": "Xold •• 11", "new": "Xnew •• 12", "number": "Xnumber •• 13", "purpose": "sign in", "reason": "Xreason",
    "browser": "Xbrowser", "address": "Xaddress", "provider": "Xprovider", "area": "Xarea", "for_whom": "Xwhom",
    "subject_line": "Xsubject", "channel": "sms",
}  # fmt: skip
ALIKE = re.compile(r"X[a-z]+|\b\d+\b|https?://\S+|LIMIT_\w+|flask [a-z -]+|SMS_GATEWAY")
WORDINGS = [
    approvals.export(12431, "Newsletter"), approvals.export(1, "Newsletter"), approvals.export(1), approvals.export(2),
    approvals.refused_rows(12431), approvals.add_user(f"{'x' * 60}@example.com", may_export=True),
    approvals.add_user(f"{'x' * 60}@example.com", may_export=False),
    approvals.change_user("Bartholomew Featherstonehaugh", may_export=True),
    approvals.change_number("Bartholomew Featherstonehaugh", "+447400123456"),
    approvals.change_numbers({"a": "+447400123456", "b": "+447400123457"}),
    approvals.change_own_number("+447400123456"), approvals.bind_again("Bartholomew Featherstonehaugh"),
    approvals.remove_user("Ben Carter"),
    approvals.offer_account("Ben Carter"), approvals.become_owner("Acme Ltd"), approvals.turn_off("Acme Ltd"),
    approvals.DOWNLOAD_ACTIVITY,
]  # fmt: skip


@pytest.fixture
def challenge() -> Challenge:
    return Challenge(
        public_id="A" * 22, purpose="step_up:contacts.export", destination="+447400123456", nonce=b"0" * 16
    )


@pytest.fixture
def site_in_words(make_site: Callable[..., Site]) -> Site:
    return make_site(PUBLIC_URL="https://app.example.com")


# --- mails


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_mail_says_in_another_language_all_that_it_says_in_english(
    site_in_words: Site, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "url", lambda link, path: "https://app.example.com" + path)
    person: Any = SimpleNamespace(name="Xuser")
    link: Any = SimpleNamespace(purpose=links.NOT_ME)
    switches: list[dict[str, Any]] = [
        {"own": True, "may": True, "state": "partial", "with_code": True, "is_support": True},
        {"own": False, "may": False, "state": "begun", "owns": True, "by": "", "percent": 100, "channel": "mail"},
    ]  # fmt: skip
    with site_in_words.context():
        for template in MAILS:
            for switch in switches:
                english = mail.render(template, FACTS | switch, person, link, "Europe/Berlin")
                with language.using(code):
                    other = mail.render(template, FACTS | switch, person, link, "Europe/Berlin")
                assert other.subject != english.subject, template
                assert f'<html lang="{code}">' in other.html
                for there, here in ((other.subject, english.subject), (other.text, english.text)):
                    assert sorted(set(ALIKE.findall(there))) == sorted(set(ALIKE.findall(here))), template
                assert max(map(len, other.text.splitlines())) <= 110
                same = set(other.text.splitlines()) & set(english.text.splitlines())
                assert [
                    line
                    for line in same
                    if re.search(r"[a-z]{3} [a-z]{3,} [a-z]", line) and "flask" not in line
                ] == []


def test_a_german_mail_has_german_dates_and_numbers_and_whole_masked_numbers(site_in_words: Site) -> None:
    with site_in_words.context(), language.using("de"):
        person: Any = SimpleNamespace(name="Ana")
        told = mail.render("exported", FACTS | {"state": "complete"}, person, None, "Europe/Berlin").text
        assert "Xby hat 12.431 Kontakte (Xlist) von Xaccount heruntergeladen." in " ".join(told.split())
        assert "Wann: 24. März 2026, 11:05 Uhr (Europe/Berlin)" in told
        numbers = mail.render("number_changed", FACTS, person, None, "Europe/Berlin").text
        assert "Xnew •• 12" in numbers
        called = mail.render("called", FACTS, person, None, "Europe/Berlin")
        assert called.subject == "Ein Code zum Anmelden kommt per Anruf zu Ihnen"


# --- texts and calls


@pytest.mark.parametrize("code", sorted(language.LANGUAGES))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_text_is_one_message_in_each_language_and_names_what_it_is_about(
    site_in_words: Site, challenge: Challenge, code: str
) -> None:
    facts = {"due": "2026-09-30T23:59:00+00:00"}
    with site_in_words.context(), language.using(code):
        for wording in WORDINGS:
            text = sms.render("code", {"wording": wording}, challenge, "Europe/Berlin")
            assert gsm7.is_gsm7(text)
            assert gsm7.septets(text) <= 160
            assert re.match(r"\d{6} ", text), "the code comes first"
            assert text.splitlines()[-1] == f"@app.example.com #{text[:6]}"
            purpose = gsm7.to_gsm7(approvals.said(wording))
            assert f" {purpose}. " in text, "nothing is cut"
        for purpose in ("login", "mobile.confirm"):
            challenge.purpose = purpose
            assert gsm7.septets(sms.render("code", {}, challenge, "Europe/Berlin")) <= 140
        for template in sorted(sms._TEXTS.keys() - {"code"}):
            text = sms.render(template, facts, None, "Europe/Berlin")
            assert gsm7.septets(text) <= 140
            assert "..." not in text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_code_is_for_is_a_german_sentence(site_in_words: Site, challenge: Challenge) -> None:
    with site_in_words.context(), language.using("de"):
        params = {"wording": approvals.export(12431, "Newsletter")}
        text = sms.render("code", params, challenge, "Europe/Berlin")
        assert text[6:].startswith(
            " ist Ihr Authentifizierungscode von Engagement Cloud zum Export von 12.431 Kontakten aus Newsletter. "
        )
        heard = re.sub(r"<[^>]+>|\s+", " ", voice.render("code", params, challenge))
        assert "Ihr Authentifizierungscode zum Export von 12.431 Kontakten aus Newsletter lautet:" in heard
        assert voice.spoken() == "de-DE"
    with site_in_words.context():
        assert voice.spoken() == "en-GB"
        assert voice._VOICES.keys() == language.LANGUAGES.keys()


def test_the_voice_that_was_set_reads_its_own_language(make_site: Callable[..., Site]) -> None:
    site = make_site(VOICE_LANGUAGE="de-AT", DEFAULT_LANGUAGE="de")
    with site.context():
        for code, voiced in (("de", "de-AT"), ("en", "en-GB")):
            with language.using(code):
                assert voice.spoken() == voiced


# --- whose language


def languages(site: Site, template: str) -> dict[str, str | None]:
    """{to whom: the language} of the messages in the words of ``template``."""
    with site.context():
        found = db.session.scalars(select(Message).where(Message.template == template).order_by(Message.id))
        return {message.recipient: message.language for message in found}


def test_who_has_a_language_is_written_to_in_it_whoever_caused_the_message(site: Site) -> None:
    account, owner = site.world.acme()
    ben = site.world.user(account, name="Ben", language="de")
    browser = site.signed_in(owner)
    browser.get(f"/settings/users/{ben.public_id}")
    answer = browser.submit(having="name", can_export="y")
    browser.get(answer.location)
    browser.get(browser.submit(code=site.code(owner.mobile_number)).location)
    browser.submit()
    site.deliver()
    assert languages(site, "export_right_changed") == {ben.email: "de"}
    assert site.mails(ben.email)[-1]["subject"] == "Ihr Recht zum Exportieren von Kontakten wurde geändert"
    assert site.mails(owner.email)[-1]["subject"] == "Ben may export contacts now"
    assert " authentication code to change Ben: may export. " in site.texts(owner.mobile_number)[-1]["text"]


def test_who_has_none_is_written_to_in_the_language_of_their_page(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser(**GERMAN)
    _enter_password(site, browser, owner)
    site.deliver()
    text = site.texts(owner.mobile_number)[-1]["text"]
    assert re.match(
        r"\d{6} ist Ihr Authentifizierungscode von Engagement Cloud zum Anmelden\. Nie weitergeben\.", text
    )
    browser.follow()
    browser.submit(code=site.code(owner.mobile_number))
    assert languages(site, "new_browser") == {owner.email: "de"}
    browser.get("/settings/activity.csv")
    page = browser.follow()
    assert "zum Herunterladen des Aktivitätsprotokolls" in page.words


def test_a_link_for_a_new_password_comes_in_the_language_in_which_it_was_asked_for(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser(**GERMAN)
    browser.get("/password/forgot")
    browser.submit(email=owner.email)
    site.deliver()
    assert site.mails(owner.email)[-1]["subject"] == "Neues Passwort festlegen"


def test_whoever_did_not_ask_is_written_to_in_the_sites_language(make_site: Callable[..., Site]) -> None:
    site = make_site(DEFAULT_LANGUAGE="de")
    account, owner = site.world.acme(two_factor=False)
    ben = site.world.user(account, name="Ben")
    browser = site.signed_in(owner, browser=site.browser(accept_language="en"))
    browser.get(f"/settings/users/{ben.public_id}")
    browser.submit(having="name", can_export="y")
    assert languages(site, "export_right_changed") == {ben.email: "de"}
    assert languages(site, "export_right_given") == {owner.email: "en"}


def _enter_password(site: Site, browser: Browser, user: Any) -> None:
    browser.get("/login")
    browser.submit(email=user.email, password=site.world.password)


# --- the log


def test_a_sentence_of_the_log_names_the_same_in_each_language() -> None:
    for code in OTHERS:
        with language.using(code):
            for event, declared in DECLARED.items():
                said = language.gettext(declared.sentence)
                assert said != declared.sentence, event
                assert sorted(re.findall(r"{\w+}", said)) == sorted(
                    re.findall(r"{\w+}", declared.sentence)
                ), event
    assert set(KINDS) == set(audit_sentences.HEADINGS)


def test_the_log_is_read_in_the_language_of_who_reads_it_and_kept_in_none(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ben = site.world.user(account, name="Ben")
    browser = site.signed_in(owner)
    browser.get(f"/settings/users/{ben.public_id}")
    browser.submit(having="name", name="Benno", can_export="y")
    with site.context():
        with write():
            record(
                Event.CODE_SENT, account=account, actor=owner, purpose="export contacts", number="+44 •••• 56"
            )
        changed, sent = (
            db.session.scalars(select(AuditEvent).where(AuditEvent.event == event)).one()
            for event in (Event.USER_CHANGED, Event.CODE_SENT)
        )
        assert audit_sentences.sentence(changed).endswith(": name from Ben to Benno, may export contacts")
        assert audit_sentences.sentence(sent).startswith(
            "A code to export contacts was sent to +44 •••• 56 for"
        )
        with language.using("de"):
            assert audit_sentences.kind(changed) == "Benutzer"
            assert audit_sentences.sentence(changed).endswith(
                ": Name von Ben in Benno, darf Kontakte exportieren"
            )
            assert audit_sentences.sentence(sent).startswith(
                "Ein Code zum Exportieren von Kontakten wurde für"
            )
