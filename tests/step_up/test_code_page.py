"""The code page of a guarded action: what its script asks, and the button for another text."""

from collections.abc import Callable

import pytest

from extensions import db
from models import Interruption, User
from services import codes, step_up
from services.clock import now
from services.unit_of_work import write
from tests.support.browser import Browser
from tests.support.site import Site

Clock = Callable[..., None]


def status(browser: Browser) -> dict[str, object]:
    """What the script of the page now open is told."""
    assert browser.page is not None
    box = browser.page.html.select_one("[data-poll]")
    assert box is not None
    answer = browser.get(str(box["data-poll"]), keep=False)
    assert answer.status == 200
    told = answer.response.get_json()
    assert isinstance(told, dict)
    return told


def test_a_rejected_text_is_told_without_reloading(site: Site, browser: Browser) -> None:
    browser.get(browser.get("/extra/door").location)
    assert (status(browser)["title"], status(browser)["finished"]) == ("Sending…", False)
    reject_texts(site)
    assert "could not be sent" in str(status(browser)["status"])
    assert "could not be sent" in browser.get("/step-up").words


def test_with_a_session_the_help_is_a_link_away_from_the_question(browser: Browser) -> None:
    page = browser.get(browser.get("/extra/door").location)
    links = {str(link["href"]) for link in page.html.select("main a[href]")}
    article = browser.get("/help/two-factor-authentication", keep=False)
    for place in ("lost-phone", "new-number", "travelling"):
        assert f"/help/two-factor-authentication#{place}" in links
        assert article.html.find(id=place) is not None


def reject_texts(site: Site) -> None:
    from models import Message

    with site.context(), write() as session:
        for message in session.query(Message):
            message.state, message.settled_at, message.reason = "rejected", now(), "account: no credit"


def test_an_answer_in_the_other_tab_finishes_the_wait_in_this_one(site: Site, browser: Browser) -> None:
    looked = browser.get("/extra/door").location
    posted = browser.post("/extra/door", {"value": "1"}).location
    browser.get(looked)
    waits = browser.page
    browser.submit(code=site.code())
    browser.page = waits
    assert status(browser) == {"status": "", "finished": True}
    assert browser.get(posted).location.startswith("/step-up/resume/")


def test_a_cancelled_wait_is_finished(browser: Browser) -> None:
    place = browser.get("/extra/door").location
    browser.get(place)
    waits = browser.page
    browser.submit(form="/step-up/cancel")
    browser.page = waits
    assert status(browser)["finished"] is True
    assert browser.get(place).location == "/"


def test_the_wait_of_somebody_else_tells_nothing(site: Site, browser: Browser) -> None:
    browser.get(browser.get("/extra/door").location)
    reject_texts(site)
    waits, other = browser.page, site.signed_in(site.world.acme()[1])
    other.page = waits
    assert status(other) == {"status": "", "finished": True}


def test_asking_how_the_text_is_doing_sends_nothing(site: Site, browser: Browser) -> None:
    browser.get(browser.get("/extra/door").location)
    before = len(site.texts())
    for _ in range(5):
        status(browser)
    assert len(site.texts()) == before


def test_another_text_is_not_sent_for_what_is_answered(
    site: Site, browser: Browser, time_machine_at: Clock
) -> None:
    looked = browser.get("/extra/door").location
    browser.get(looked)
    waits = browser.page
    browser.submit(code=site.code())
    before = len(site.texts())
    time_machine_at(seconds=31)
    browser.page = waits
    assert browser.submit(form="/step-up/resend").location == "/extra/door"
    assert len(site.texts()) == before


def test_a_code_is_not_sent_again_to_a_number_that_is_theirs_no_more(
    site: Site, owner: User, browser: Browser, time_machine_at: Clock
) -> None:
    browser.get("/extra/door")
    time_machine_at(seconds=31)
    before = len(site.texts())
    with site.context():
        interruption = db.session.scalars(db.select(Interruption)).one()
        challenge = step_up.challenge_of(interruption)
        user = db.session.get_one(User, owner.id)
        assert challenge is not None
        with write() as session:  # by another session, after this one was read
            session.execute(
                db.update(User).where(User.id == user.id).values(mobile_number="+447400111222"),
                execution_options={"synchronize_session": False},
            )
        with pytest.raises(codes.TooSoon):
            codes.resend(challenge, user)
    assert len(site.texts()) == before
