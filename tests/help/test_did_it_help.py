""" "Did this help?": anyone may answer, nobody is known by it, and support reads it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from extensions import db
from models import HelpAnswer
from services import help_answers, purge
from services.clock import now
from tests.support.browser import Browser, Page
from tests.support.site import Site

PATH = "/help/two-factor-authentication"


def answer(browser: Browser, **fields: Any) -> Page:
    browser.get(PATH)
    return browser.submit(having="helped", **fields)


def kept(site: Site) -> list[HelpAnswer]:
    with site.context():
        rows = list(db.session.scalars(select(HelpAnswer).order_by(HelpAnswer.id)))
        db.session.expunge_all()
        return rows


@pytest.mark.asvs("14.2.4")
def test_strangers_and_users_answer_and_nothing_of_them_is_kept(site: Site) -> None:
    _, owner = site.world.acme()
    stranger = site.browser(accept_language="de-AT")
    sent = answer(stranger, helped="no", comment="  Was, wenn ich keine Karte habe? ")
    assert sent.status == 303
    thanks = stranger.get(sent.location)
    assert thanks.html.select_one("#did-this-help [role=status]") is not None
    assert thanks.html.select_one("[name=helped]") is None
    assert answer(site.signed_in(owner), helped="yes", comment="").status == 303
    assert [(row.page, row.helped, row.language, row.comment) for row in kept(site)] == [
        ("two-factor-authentication", False, "de", "Was, wenn ich keine Karte habe?"),
        ("two-factor-authentication", True, "en", ""),
    ]
    assert {column.name for column in HelpAnswer.__table__.columns} == {
        "id", "page", "language", "helped", "comment", "created_at",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "at", "words"),
    [
        ({"comment": "Hm"}, "helped", "Choose whether this helped: Yes or No"),
        ({"helped": "maybe", "comment": ""}, "helped", "Choose whether this helped: Yes or No"),
        ({"helped": ["yes", "no"], "comment": ""}, "helped", "sent twice"),
        ({"helped": "no", "comment": "x" * 201}, "comment", "too long"),
        ({"helped": "no", "comment": "two\nlines"}, "comment", "cannot be used"),
    ],
)
def test_what_is_not_right_is_said_at_its_field(
    site: Site, fields: dict[str, Any], at: str, words: str
) -> None:
    page = answer(site.browser(), **fields)
    assert page.status == 422
    assert words in page.errors[0]
    assert page.html.find(id=f"{at}-error") is not None
    assert page.html.find(id="lost-phone") is not None  # the article stays
    assert kept(site) == []


def test_without_its_token_nothing_is_counted(site: Site) -> None:
    assert site.browser().post(PATH, {"helped": "yes"}, csrf=False).status == 400
    assert kept(site) == []


@pytest.mark.asvs("2.4.1")
def test_answers_from_one_network_are_limited(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_HELP_ANSWERS_ADDRESS="2/hour")
    for _ in range(2):
        assert answer(site.browser(), helped="yes", comment="").status == 303
    page = answer(site.browser(), helped="no", comment="Too many of us here")
    assert page.status == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "Too many answers" in page.errors[0]
    assert page.value("comment") == "Too many of us here"
    assert len(kept(site)) == 2


@pytest.mark.asvs("2.4.1")
def test_answers_of_many_networks_are_limited_together(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_HELP_ANSWERS_SITE="3/hour", TRUSTED_PROXIES="1")
    answers = []
    for network in range(5):
        stranger = site.browser(x_forwarded_for=f"198.51.{network}.7")
        answers.append(answer(stranger, helped="no", comment="Buy this").status)
    assert answers.count(303) == len(kept(site)) <= 3
    assert answers[-1] == 429


def test_support_reads_counts_and_comments(site: Site) -> None:
    support = site.signed_in(site.world.support())
    assert "No answers yet" in support.get("/support/help-answers").words
    with site.context():
        for helped, comment in ((True, ""), (True, "Clear."), (False, "<b>Where is Settings?</b>")):
            help_answers.keep("two-factor-authentication", helped=helped, comment=comment)
    page = support.get("/support/help-answers")
    row = page.html.select_one("tbody tr")
    assert row is not None
    assert row.get_text(" ", strip=True) == "Two-factor authentication English 2 1"
    told = [item.get_text(strip=True) for item in page.html.select("#comments .as-written")]
    assert told == ["<b>Where is Settings?</b>", "Clear."]


@pytest.mark.asvs("14.2.7")
def test_an_answer_is_kept_for_a_year(site: Site) -> None:
    assert answer(site.browser(), helped="yes", comment="Thanks").status == 303
    for days, left in ((364, 1), (366, 0)):
        with time_machine.travel(now() + timedelta(days=days)), site.context():
            purge.purge_expired()
            assert len(help_answers.counts()) == left
            assert len(db.session.scalars(select(HelpAnswer.id)).all()) == left
