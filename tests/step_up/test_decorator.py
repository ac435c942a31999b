"""`@step_up_required`: what it lets through, what it stops, and what it keeps for afterwards."""

from collections.abc import Callable

import pytest

from extensions import db
from models import User
from services import sessions, step_up
from tests.support.browser import Browser
from tests.support.site import Site

Clock = Callable[..., None]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_it_asks_for_a_code_and_leads_back(site: Site, browser: Browser) -> None:
    answer = browser.get("/extra/door")
    assert (answer.status, answer.location.partition("?")[0]) == (303, "/step-up")
    page = browser.get(answer.location)
    assert "look at door" in page.words
    done = browser.submit(code=site.code())
    assert (done.status, done.location) == (303, "/extra/door")
    assert browser.get(done.location).text == "secret of door"


def test_the_text_names_the_action(site: Site, browser: Browser) -> None:
    browser.get("/extra/door")
    assert "authentication code to look at door. Never share it." in site.texts()[-1]["text"]
    assert site.texts()[-1]["text"].splitlines()[-1] == f"@localhost #{site.code()}"


def test_the_code_is_good_for_five_minutes_and_using_it_does_not_prolong_it(
    site: Site, browser: Browser, time_machine_at: Clock
) -> None:
    time_machine_at(seconds=0)
    site.step_up(browser, "/extra/door")
    for _ in range(4):
        time_machine_at(seconds=60)
        assert browser.get("/extra/door").status == 200
    time_machine_at(seconds=59)
    assert browser.get("/extra/door").status == 200
    time_machine_at(seconds=1)
    assert browser.get("/extra/door").location.startswith("/step-up")


def test_a_clock_set_back_does_not_make_a_grant_young(
    site: Site, browser: Browser, owner: User, time_machine_at: Clock
) -> None:
    site.step_up(browser, "/extra/door")
    with site.context():
        (row,) = sessions.open_sessions(owner)
        assert step_up.is_granted(row, "extra.look", "door")
        time_machine_at(hours=-1)
        assert not step_up.is_granted(row, "extra.look", "door")


def test_it_is_good_for_this_scope_only(site: Site, browser: Browser) -> None:
    site.step_up(browser, "/extra/door")
    assert browser.get("/extra/window").location.startswith("/step-up")
    assert browser.get("/extra/door").status == 200


def test_it_is_good_for_this_action_only(site: Site, browser: Browser) -> None:
    site.step_up(browser, "/extra/door")
    assert browser.post("/extra/door/change", {"value": "1"}).location.startswith("/step-up")


def test_it_is_good_for_this_session_only(site: Site, owner: User, browser: Browser) -> None:
    site.step_up(browser, "/extra/door")
    assert site.signed_in(owner).get("/extra/door").location.startswith("/step-up")


def test_a_fresh_sign_in_with_a_code_is_no_step_up(site: Site, owner: User) -> None:
    assert site.signed_in(owner).get("/extra/door").location.startswith("/step-up")


def test_the_cookie_from_before_the_code_is_worthless_after_it(site: Site, browser: Browser) -> None:
    copied = browser.cookie("session")
    site.step_up(browser, "/extra/door")
    thief = site.browser()
    thief.client.set_cookie("session", copied or "")
    assert thief.get("/extra/door").location.startswith("/login")


def test_without_two_factor_nothing_is_asked(site: Site) -> None:
    owner = site.world.acme(two_factor=False)[1]
    assert site.signed_in(owner).get("/extra/door").text == "secret of door"
    assert site.texts() == []


def test_wrong_codes_open_nothing_and_five_end_it(site: Site, browser: Browser) -> None:
    page = browser.get(browser.get("/extra/door").location)
    code = site.code()
    for _ in range(5):
        page = browser.submit(code=wrong(code))
        assert page.status == 422
    assert browser.submit(code=code).status == 429
    assert browser.get("/extra/door").location.startswith("/step-up")
    assert "secret" not in page.text


def test_asking_again_sends_nothing_again(site: Site, browser: Browser) -> None:
    before = len(site.texts())
    places = {browser.get("/extra/door").location for _ in range(5)}
    for place in places:
        browser.get(place)
    assert len(places) == 1
    assert len(site.texts()) == before + 1


def test_head_sends_nothing(site: Site, browser: Browser) -> None:
    before = len(site.texts())
    assert browser.head("/extra/door").status == 303
    assert len(site.texts()) == before


def test_a_link_on_another_site_sends_nothing_until_the_person_asks(site: Site, browser: Browser) -> None:
    before = len(site.texts())
    answer = browser.get("/extra/door", headers={"Sec-Fetch-Site": "cross-site"})
    page = browser.get(answer.location)
    assert len(site.texts()) == before
    assert "No text message was sent" in page.words
    assert browser.submit(form="/step-up/resend").status == 303
    browser.get(answer.location)
    assert browser.submit(code=site.code()).location == "/extra/door"


def test_an_interrupted_post_is_not_lost_and_not_sent_by_itself(site: Site, browser: Browser) -> None:
    answer = browser.post("/extra/door/change", {"value": ["red", 'blue & "green"'], "password": "hush"})
    browser.get(answer.location)
    done = browser.submit(code=site.code())
    assert done.location.startswith("/step-up/resume/")
    page = browser.get(done.location)
    assert "hush" not in page.text
    form = page.form(having="value")
    assert form["action"] == "/extra/door/change"
    assert browser.submit(having="value").text == 'changed door to red,blue & "green"'


def test_what_was_typed_is_sealed_in_the_database(site: Site, browser: Browser) -> None:
    from sqlalchemy import select

    from extensions import db
    from models import Interruption

    browser.post("/extra/door/change", {"value": "+447400999888"})
    with site.context():
        kept = db.session.scalars(select(Interruption.fields)).one()
    assert kept is not None
    assert b"447400999888" not in kept


def test_cancel_leads_back_and_kills_the_code(site: Site, browser: Browser) -> None:
    answer = browser.get("/extra/door", headers={"Referer": "http://localhost/contacts?page=2"})
    browser.get(answer.location)
    code = site.code()
    assert browser.submit(form="/step-up/cancel").location == "/contacts?page=2"
    assert browser.post(answer.location, {"code": code}).location == "/"
    assert browser.get("/extra/door").location.startswith("/step-up")


@pytest.mark.asvs("3.7.2")
def test_a_referer_from_elsewhere_is_not_where_cancel_leads(site: Site, browser: Browser) -> None:
    answer = browser.get("/extra/door", headers={"Referer": "https://evil.example/contacts"})
    browser.get(answer.location)
    assert browser.submit(form="/step-up/cancel").location == "/"


def test_two_tabs_each_have_their_own_code(site: Site, browser: Browser) -> None:
    first = browser.get("/extra/door").location
    door = site.code()
    second = browser.get("/extra/window").location
    window = site.code()
    browser.get(first)
    assert browser.submit(code=door).location == "/extra/door"
    browser.get(second)
    assert browser.submit(code=window).location == "/extra/window"


def test_without_a_name_the_newest_waits(site: Site, browser: Browser) -> None:
    browser.get("/extra/door")
    browser.get("/step-up")
    assert browser.submit(code=site.code()).location == "/extra/door"


def test_back_after_the_right_code_leads_on(site: Site, browser: Browser) -> None:
    place = browser.get("/extra/door").location
    browser.get(place)
    browser.submit(code=site.code())
    assert browser.get(place).location == "/extra/door"


def test_with_nothing_to_confirm_it_says_so(browser: Browser) -> None:
    for path in ("/step-up", "/step-up?on=unknown"):
        assert browser.get(path).location == "/"
    assert browser.get("/step-up/resume/unknown").status == 404


def test_someone_elses_interruption_is_nobodys(site: Site, owner: User, browser: Browser) -> None:
    place = browser.get("/extra/door").location
    code = site.code()
    other = site.signed_in(site.world.acme()[1])
    assert other.get(place).location == "/"
    assert other.post(place, {"code": code}).location == "/"
    assert site.signed_in(owner).get(place).location == "/"


def test_a_resend_waits_its_turn_and_carries_the_same_code(
    site: Site, browser: Browser, time_machine_at: Clock
) -> None:
    browser.get(browser.get("/extra/door").location)
    code = site.code()
    assert browser.submit(form="/step-up/resend").status == 429
    time_machine_at(seconds=31)
    assert browser.submit(form="/step-up/resend").status == 303
    assert site.code() == code


def test_a_pause_is_told_and_opens_nothing(site: Site, owner: User, browser: Browser) -> None:
    for thing in ("a", "b"):
        browser.get(browser.get(f"/extra/{thing}").location)
        code = site.code()
        for _ in range(5):
            browser.submit(code=wrong(code))
    answer = browser.get("/extra/c")
    browser.get(answer.location)
    page = browser.submit(code="123456")
    assert page.status == 429
    assert int(page.headers["Retry-After"]) > 20
    assert "Too many wrong codes" in page.error("code")


def test_an_answer_in_one_tab_is_an_answer_in_the_other(site: Site, browser: Browser) -> None:
    looked = browser.get("/extra/door").location
    posted = browser.post("/extra/door", {"value": "1"}).location
    browser.get(looked)
    assert browser.submit(code=site.code()).location == "/extra/door"
    place = browser.get(posted).location
    assert place.startswith("/step-up/resume/")
    browser.get(place)
    assert browser.submit(having="value").text == "opened door with 1"


def test_a_second_form_does_not_take_the_place_of_the_first(site: Site, browser: Browser) -> None:
    first = browser.post("/extra/door/change", {"value": "mine"}).location
    second = browser.post("/extra/door/change", {"value": "a thief's"}).location
    assert first != second
    browser.get(first)
    page = browser.get(browser.submit(code=site.code()).location)
    assert page.value("value") == "mine"
    assert "mine" in page.words
    assert "thief" not in page.text


def test_the_same_form_sent_twice_waits_once(site: Site, browser: Browser) -> None:
    before = len(site.texts())
    places = {browser.post("/extra/door/change", {"value": "mine"}).location for _ in range(3)}
    assert len(places) == 1
    assert len(site.texts()) == before + 1


def test_the_page_before_the_last_press_shows_what_was_entered(site: Site, browser: Browser) -> None:
    browser.get(browser.post("/extra/door/change", {"value": "crimson", "empty": ""}).location)
    page = browser.get(browser.submit(code=site.code()).location)
    assert "Value crimson" in page.words
    assert "Empty" not in page.words


def test_an_exact_scope_approves_one_content(site: Site) -> None:
    approved = step_up.exactly("account", "ana@acme.example", None)
    assert approved == step_up.exactly("account", "ana@acme.example", None)
    assert approved != step_up.exactly("account", "thief@evil.example", None)
    assert step_up.exactly("a", "b", "c") != step_up.exactly("a", "b,c")
    assert len(step_up.exactly("x" * 22, "y" * 5000)) <= 80


def test_a_grant_that_is_spent_is_gone(site: Site, browser: Browser, owner: User) -> None:
    site.step_up(browser, "/extra/door")
    with site.context():
        (row,) = sessions.open_sessions(owner)
        me = sessions.SignedIn("token", row, db.session.get_one(User, row.user_id))
        step_up.spend(me, "extra.look", "door", "look")
        with pytest.raises(step_up.StepUpFirst):
            step_up.spend(me, "extra.look", "door", "look")


def test_the_forms_beside_the_code_post_to_plain_addresses(site: Site, browser: Browser) -> None:
    page = browser.get(browser.get("/extra/door").location)
    actions = [str(form.get("action")) for form in page.html.select("main form")]
    assert actions[1:] == ["/step-up/resend", "/step-up/call", "/step-up/cancel"]
