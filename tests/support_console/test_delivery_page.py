"""The page that tells support how texts and calls fare: right counts, nothing of anybody's number or code."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from blueprints.support.delivery import share
from extensions import db
from models import Message
from models.challenge import Challenge
from models.message import MessageState
from models.provider import Circuit
from services.clock import now
from services.delivery.figures import Times, figures
from services.unit_of_work import write
from tests.support.site import Site


def keep(site: Site, *rows: dict[str, Any]) -> None:
    """Messages an hour old, to people in Great Britain unless a row says otherwise."""
    moment = now() - timedelta(hours=1)
    usual: dict[str, Any] = {
        "channel": "sms", "recipient": "+447400123456", "template": "code", "params": {}, "attempts": 1,
        "state": "delivered", "created_at": moment, "due_at": moment, "country": "GB", "sender": "Acme",
        "gateway": "vonage", "sent_at": moment,
    }  # fmt: skip
    with site.context(), write() as session:
        session.add_all(Message(**{**usual, **row}) for row in rows)


def after(seconds: float) -> dict[str, Any]:
    at = now() - timedelta(hours=1)
    return {"created_at": at, "delivered_at": at + timedelta(seconds=seconds)}


@pytest.mark.asvs("16.2.5")
def test_the_page_counts_what_became_of_texts_and_calls(site: Site) -> None:
    keep(
        site,
        {**after(2), "price_micros": 34_000, "currency": "EUR"},
        {**after(4), "price_micros": 34_000, "currency": "EUR"},
        {**after(30), "sender": "447400000000", "country": "US"},
        {"state": "rejected", "error_code": "1240"},
        {"state": "rejected", "reason": "not sent: HTTP 500"},
        {"state": "unknown", "reason": "no answer"},
        {"state": "expired", "sent_at": None},
        {"channel": "voice", "state": "rejected", "error_code": "busy"},
        {"channel": "mail", "recipient": "a@acme.example", "country": None},
    )
    with site.context():
        for hourly in (True, False):
            found = figures(hourly=hourly)
            texts = found.channels["sms"]
            assert (texts.sent, texts.delivered, texts.failed, texts.unknown, texts.expired) == (
                6,
                3,
                2,
                1,
                1,
            )
            assert (texts.to_delivery.median, texts.to_delivery.p95) == (4.0, 30.0)
            assert found.countries["sms", "US"].to_delivery.median == 30.0
            assert texts.costs == [("EUR", 0.068)]
            assert set(found.channels) == {"sms", "voice"}
            assert sum(tally.promised for _, tally in found.by_time) == 8
            assert len(found.by_time) == (24 if hourly else 30)
    browser = site.signed_in(site.world.support())
    for path in ("/support/delivery", "/support/delivery?period=30d"):
        page = browser.get(path)
        assert page.status == 200
        for words in ("The person answered STOP before", "1240", "not sent: HTTP 500", "The line was busy",
                      "0.0680 EUR", "United States", "4.0 s, 30.0 s", "<title id="):  # fmt: skip
            assert words in page.text, words
        for secret in ("7400123456", "a@acme.example", "style="):
            assert secret not in page.text


def test_a_code_that_came_back_shows_and_so_does_how_soon(site: Site) -> None:
    _, owner = site.world.acme()
    site.signed_in(owner)
    with site.context():
        with write() as session:
            created = session.scalars(select(Challenge.created_at)).one()
            session.execute(update(Challenge).values(spent_at=created + timedelta(seconds=12.34)))
        texts = figures(hourly=True).channels["sms"]
    assert (texts.codes, texts.verified, texts.to_verification.median) == (1, 1, 12.3)


def test_a_text_that_came_to_nobody_has_no_share_in_a_code_that_came_back_later(site: Site) -> None:
    _, owner = site.world.acme()
    site.signed_in(owner)
    with site.context():
        challenge = db.session.scalars(select(Challenge.id)).one()
    keep(site, *({"state": state, "challenge_id": challenge} for state in ("rejected", "expired")))
    with site.context():
        texts = figures(hourly=True).channels["sms"]
    assert (texts.sent, texts.codes, texts.verified, texts.to_verification.tenths.total()) == (3, 1, 1, 1)


def test_what_is_older_is_not_counted(site: Site) -> None:
    for days in (2, 40):
        keep(site, {"created_at": now() - timedelta(days=days)})
    with site.context():
        assert figures(hourly=True).channels == {}
        assert figures(hourly=False).channels["sms"].promised == 1


def test_an_empty_site_says_so(site: Site) -> None:
    support = site.world.support()
    browser = site.signed_in(support)
    with site.context(), write() as session:
        session.execute(update(Message).values(channel="mail"))
    assert "Nothing was sent" in browser.get("/support/delivery").text


def test_the_page_asks_a_few_questions_however_much_was_sent(site: Site) -> None:
    keep(site, *({"state": state} for state in MessageState for _ in range(20)))
    with site.context():
        tally = figures(hourly=True).channels["sms"]
    assert (tally.promised, tally.waiting) == (140, 40)


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [(0, 0, "–"), (3, 4, "3 of 4"), (90, 100, "90 of 100 (90 %)"), (9999, 10000, "9,999 of 10,000 (over 99 %)"),
     (1, 1000, "1 of 1,000 (under 1 %)"), (1000, 1000, "1,000 of 1,000 (100 %)")],
)  # fmt: skip
def test_a_share_says_what_it_is_of(part: int, whole: int, told: str) -> None:
    assert share(part, whole) == told


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    assert Times().median is None
    times = Times()
    times.tenths.update(range(10, 1010, 10))
    assert (times.median, times.p95, times.percentile(100)) == (50.0, 95.0, 100.0)


def test_the_page_says_in_words_what_is_stopped(site: Site) -> None:
    with site.context(), write() as session:
        for name in ("vonage", "vonage-voice", "smtp"):
            session.add(Circuit(name=name, state="open", reason="HTTP 402", changed_at=now()))
    page = site.signed_in(site.world.support()).get("/support/delivery")
    for told in ("Texts (Vonage)", "Calls (Vonage)", "Mail (SMTP)"):
        assert f"Stopped: {told}" in page.text
    assert "vonage-voice" not in page.text
