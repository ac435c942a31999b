"""Fifty posts of codes at the same moment, to several web processes."""

import pytest
from sqlalchemy import update

from extensions import db
from models import AuditEvent, Challenge, LoginSession
from models.interruption import Interruption
from models.message import Message
from services.audit import Event
from services.unit_of_work import write
from tests.parallel.conftest import Crowd
from tests.support.estate import Estate
from tests.support.exporting import fixed_export

POSTS = 50


def events(crowd: Crowd, of: Estate, event: Event) -> int:
    found = AuditEvent.__table__.select().where(
        AuditEvent.account_id == of.account.id, AuditEvent.event == event.value
    )
    return len(crowd.rows(found))


def others(code: str, count: int) -> list[dict[str, str]]:
    """Codes that are not ``code``."""
    return [{"code": f"{(int(code) + 1 + at) % 10**6:06}"} for at in range(count)]


@pytest.mark.asvs("6.6.3", "2.3.4")
@pytest.mark.threat("B5")
def test_of_fifty_wrong_codes_five_are_judged(crowd: Crowd) -> None:
    of = crowd.estate()
    browser = crowd.half_signed_in(of)
    code = crowd.site.code(of.owner.mobile_number)
    answers = crowd.post_at_once(browser, "/login/code", others(code, POSTS))
    assert {answer.status_code for answer in answers} == {422, 429}
    assert events(crowd, of, Event.CODE_WRONG) == 5
    assert browser.post("/login/code", {"code": code}).status == 429


@pytest.mark.asvs("6.5.1")
@pytest.mark.threat("B6")
@pytest.mark.asvs("15.4.2")
def test_of_fifty_right_codes_one_is_taken(crowd: Crowd) -> None:
    of = crowd.estate()
    before = len(crowd.rows(LoginSession.__table__.select()))
    browser = crowd.half_signed_in(of)
    right = {"code": crowd.site.code(of.owner.mobile_number)}
    answers = crowd.post_at_once(browser, "/login/code", [right] * POSTS)
    let_in = [answer for answer in answers if answer.headers.get("Location") == "/"]
    assert len(let_in) == 1
    assert not [answer for answer in answers if answer.status_code >= 500]
    assert len(crowd.rows(LoginSession.__table__.select())) == before + 1
    assert events(crowd, of, Event.CODE_RIGHT) == 1


@pytest.mark.threat("B5")
def test_a_right_code_among_fifty_is_taken_once_or_not_at_all(crowd: Crowd) -> None:
    of = crowd.estate()
    browser = crowd.half_signed_in(of)
    code = crowd.site.code(of.owner.mobile_number)
    forms = others(code, POSTS - 10)
    for at in range(10):
        forms.insert(at * 5, {"code": code})
    answers = crowd.post_at_once(browser, "/login/code", forms)
    let_in = [answer for answer in answers if answer.headers.get("Location") == "/"]
    right, wrong = events(crowd, of, Event.CODE_RIGHT), events(crowd, of, Event.CODE_WRONG)
    assert len(let_in) == right <= 1
    assert right + wrong <= 5


@pytest.mark.threat("B6")
def test_of_fifty_right_step_up_codes_one_is_taken(crowd: Crowd) -> None:
    of = crowd.estate()
    browser = crowd.site.signed_in(of.owner)
    place = browser.get(fixed_export(browser) + "/download").location
    before = events(crowd, of, Event.CODE_RIGHT)
    right = {"code": crowd.site.code(of.owner.mobile_number)}
    answers = crowd.post_at_once(browser, place, [right] * POSTS)
    assert not [answer for answer in answers if answer.status_code >= 500]
    assert events(crowd, of, Event.CODE_RIGHT) == before + 1
    new_tokens = [answer for answer in answers if "session" in answer.cookies and answer.status_code == 303]
    assert len([a for a in new_tokens if a.headers["Location"].endswith("/download")]) == 1


def test_of_fifty_wrong_step_up_codes_five_are_judged(crowd: Crowd) -> None:
    of = crowd.estate()
    browser = crowd.site.signed_in(of.owner)
    place = browser.get(fixed_export(browser) + "/download").location
    code = crowd.site.code(of.owner.mobile_number)
    crowd.post_at_once(browser, place, others(code, POSTS))
    assert events(crowd, of, Event.CODE_WRONG) == 5
    assert browser.post(place, {"code": code}).status == 429


@pytest.mark.threat("G2")
def test_a_guarded_page_asked_for_in_twenty_tabs_sends_one_text(crowd: Crowd) -> None:
    of = crowd.estate()
    browser = crowd.site.signed_in(of.owner)
    path = fixed_export(browser) + "/download"
    texts, asked = (
        len(crowd.site.texts(of.owner.mobile_number)),
        len(crowd.rows(Interruption.__table__.select())),
    )
    answers = crowd.get_at_once(browser, path, 20)
    assert {answer.status_code for answer in answers} == {303}
    assert len(crowd.site.texts(of.owner.mobile_number)) == texts + 1
    assert len(crowd.rows(Interruption.__table__.select())) == asked + 1


def let_the_wait_be_over(crowd: Crowd, of: Estate) -> None:
    """The owner may ask for another text, or a call, now."""
    with crowd.site.context(), write():
        db.session.execute(
            update(Challenge).where(Challenge.user_id == of.owner.id).values(last_sent_at=None)
        )


@pytest.mark.threat("G2")
def test_twenty_resends_at_once_send_one_text(crowd: Crowd) -> None:
    of = crowd.estate()
    browser = crowd.half_signed_in(of)
    let_the_wait_be_over(crowd, of)
    answers = crowd.post_at_once(browser, "/login/code/resend", [{}] * 20)
    assert sorted({answer.status_code for answer in answers}) == [303, 429]
    assert len([answer for answer in answers if answer.status_code == 303]) == 1
    sent = crowd.rows(
        Message.__table__.select().where(Message.user_id == of.owner.id, Message.channel == "sms")
    )
    assert len(sent) == 2


@pytest.mark.threat("G2")
def test_fifty_presses_of_the_call_button_at_once_ring_once(crowd: Crowd) -> None:
    of = crowd.estate()
    browser = crowd.half_signed_in(of)
    let_the_wait_be_over(crowd, of)
    answers = crowd.post_at_once(browser, "/login/code/call", [{}] * 50)
    assert sorted(answer.status_code for answer in answers) == [303] + [429] * 49
    calls = crowd.rows(
        Message.__table__.select().where(Message.user_id == of.owner.id, Message.channel == "voice")
    )
    assert len(calls) == 1
