"""The page between the right password and the right code."""

from collections.abc import Callable

import pytest

from models import User
from tests.support.browser import Browser
from tests.support.site import Site

Clock = Callable[..., None]


@pytest.fixture
def owner(site: Site) -> User:
    return site.world.acme()[1]


@pytest.fixture
def browser(site: Site, owner: User) -> Browser:
    """A browser that waits for the owner's code."""
    return waiting(site, owner)


def waiting(site: Site, user: User) -> Browser:
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email=user.email, password=site.world.password).location == "/login/code"
    browser.get("/login/code")
    return browser


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_code_field_helps_phones_and_password_managers(browser: Browser) -> None:
    field = browser.page.html.select_one("input[name=code]")  # type: ignore[union-attr]
    assert field is not None
    assert (field["type"], field["inputmode"], field["autocomplete"]) == ("text", "numeric", "one-time-code")
    assert not field.has_attr("maxlength")
    assert field["value"] == ""


def test_whoever_has_no_phone_reads_what_to_do_on_the_page_itself(site: Site) -> None:
    account, owner = site.world.acme()
    ana = site.world.user(account, name="Ana Souza", mobile_number="+447400123777")
    helps = {owner.id: "Our support can enter it for you", ana.id: "Your account owner can enter it for you"}
    for user in (owner, ana):
        page = waiting(site, user).page
        assert page is not None
        for words in ("Lost your phone?", "New number?", "Travelling?", helps[user.id]):
            assert words in page.words
        links = [str(link["href"]) for link in page.html.select("main a[href]")]
        assert links == ["/login/code"], "no other page answers yet"


@pytest.mark.parametrize(
    ("entered", "says"),
    [
        ("", "Enter the authentication code"),
        ("12 34", "not entered enough numbers"),
        ("1234567", "too many numbers"),
        ("abc", "must be 6 numbers"),
        ("\x00", "must be 6 numbers"),
    ],
)
def test_a_code_that_cannot_be_right_says_why(browser: Browser, entered: str, says: str) -> None:
    page = browser.submit(code=entered)
    assert page.status == 422
    assert says in page.error("code")
    assert page.value("code") == ""


@pytest.mark.asvs("15.3.7")
def test_a_missing_or_doubled_field_is_a_wrong_code(site: Site, browser: Browser) -> None:
    assert browser.submit(having="code", code=None).status == 422
    assert browser.submit(code=["1", "2"]).status == 422


def test_a_wrong_code_keeps_the_shared_computer_tick(site: Site, browser: Browser) -> None:
    page = browser.submit(code=wrong(site.code()), shared_computer="y")
    assert page.html.select_one("input[name=shared_computer][checked]") is not None


def test_five_wrong_codes_end_the_code_and_a_new_text_helps(
    site: Site, browser: Browser, time_machine_at: Clock
) -> None:
    code = site.code()
    for _ in range(4):
        assert browser.submit(code=wrong(code)).status == 422
    last = browser.submit(code=wrong(code))
    assert (last.status, "Ask for a new text message" in last.error("code")) == (422, True)
    over = browser.submit(code=code)
    assert over.status == 429
    assert int(over.headers["Retry-After"]) > 0
    time_machine_at(seconds=31)
    assert browser.submit(form="/login/code/resend").location == "/login/code"
    fresh = site.code()
    assert fresh != code
    browser.get("/login/code")
    assert browser.submit(code=fresh).location == "/"


@pytest.mark.asvs("6.6.3")
@pytest.mark.threat("B2", "B3")
def test_a_new_sign_in_does_not_give_new_guesses_for_ever(site: Site, owner: User) -> None:
    judged = 0
    for _ in range(4):
        browser = waiting(site, owner)
        try:
            code = site.code()
        except AssertionError:
            break
        for _ in range(5):
            judged += browser.submit(code=wrong(code)).status == 422
    assert judged == 10


@pytest.mark.asvs("2.4.2")
def test_the_text_can_be_sent_again_but_not_too_soon(
    site: Site, browser: Browser, time_machine_at: Clock
) -> None:
    code = site.code()
    early = browser.submit(form="/login/code/resend")
    assert early.status == 429
    assert 0 < int(early.headers["Retry-After"]) <= 30
    assert "another text message in" in " ".join(early.errors)
    assert len(site.texts()) == 1
    time_machine_at(seconds=31)
    assert browser.submit(form="/login/code/resend").location == "/login/code"
    assert "Sending…" in browser.get("/login/code").words
    assert [text["text"][:6] for text in site.texts()] == [code, code]


def test_reloading_and_going_back_send_nothing(site: Site, browser: Browser) -> None:
    for _ in range(5):
        browser.get("/login/code")
        browser.head("/login/code")
        browser.get("/")
    assert len(site.texts()) == 1


def test_two_tabs_share_one_sign_in(site: Site, browser: Browser) -> None:
    first, second = browser.get("/login/code"), browser.get("/login/code")
    assert first.heading == second.heading
    assert browser.submit(code=site.code()).location == "/"
    assert browser.get("/login/code").location == "/"


def test_cancel_makes_the_code_worthless(site: Site, browser: Browser) -> None:
    code = site.code()
    assert browser.submit(form="/login/code/cancel").location == "/login"
    assert browser.get("/login/code").location == "/login"
    assert browser.post("/login/code", {"code": code}).location == "/login"


def test_cancel_can_lead_to_support(browser: Browser) -> None:
    assert browser.post("/login/code/cancel", {"to": "support"}).location == "/help/contact-support"


def test_an_old_code_is_refused_and_says_what_to_do(
    site: Site, browser: Browser, time_machine_at: Clock
) -> None:
    code = site.code()
    time_machine_at(seconds=601)
    page = browser.submit(code=code)
    assert page.status == 422
    assert "expired" in page.error("code")


def test_a_sign_in_that_waits_too_long_starts_again(
    site: Site, browser: Browser, time_machine_at: Clock
) -> None:
    code = site.code()
    time_machine_at(seconds=1801)
    assert browser.submit(code=code).location == "/login"
    assert "Start again" in browser.get("/login").notes


@pytest.mark.asvs("6.6.2")
@pytest.mark.threat("C4")
def test_the_code_of_one_user_is_not_the_code_of_another(site: Site, owner: User) -> None:
    other = site.world.acme()[1]
    mine, theirs = waiting(site, owner), waiting(site, other)
    assert theirs.submit(code=site.code(owner.mobile_number)).status == 422
    assert mine.submit(code=site.code(owner.mobile_number)).location == "/"


@pytest.mark.asvs("6.6.2")
def test_the_code_of_one_browser_is_not_the_code_of_another(site: Site, owner: User) -> None:
    first = waiting(site, owner)
    code = site.code()
    second = waiting(site, owner)
    assert second.submit(code=code).status == 422
    assert first.submit(code=code).location == "/"


@pytest.mark.asvs("6.3.7")
def test_a_new_browser_is_told_by_mail(site: Site, owner: User, browser: Browser) -> None:
    browser.submit(code=site.code())
    assert [mail["subject"] for mail in site.mails(owner.email)] == ["New sign-in to Engagement Cloud"]


def test_a_dead_provider_lets_nobody_in_and_the_page_says_so(
    site: Site, owner: User, browser: Browser
) -> None:
    from models import Message
    from services.clock import now
    from services.unit_of_work import write

    with site.context(), write() as session:
        for message in session.query(Message):
            message.state, message.settled_at, message.reason = "rejected", now(), "account: no credit"
    page = browser.get("/login/code")
    assert "We cannot send text messages at the moment We know about it." in page.words
    told = browser.get("/login/code/status", keep=False).response.get_json()
    assert (told["title"], told["finished"]) == ("We cannot send text messages at the moment", False)
    assert browser.get("/contacts").location == "/login/code"


def test_the_script_is_told_when_the_wait_is_over(
    site: Site, browser: Browser, time_machine_at: Clock
) -> None:
    def told() -> object:
        return browser.get("/login/code/status", keep=False).response.get_json()

    assert isinstance(first := told(), dict)
    assert not first["finished"]
    before = len(site.texts())
    time_machine_at(seconds=1801)
    assert told() == {"status": "", "finished": True}
    assert len(site.texts()) == before


def test_a_sign_in_that_was_completed_in_the_other_tab_is_finished_in_this_one(
    site: Site, browser: Browser
) -> None:
    browser.submit(code=site.code())
    answer = browser.get("/login/code/status", keep=False)
    assert answer.response.get_json() == {"status": "", "finished": True}
    assert browser.get("/login/code").location == "/"


def test_the_number_can_be_kept_from_the_page(make_site: Callable[..., Site]) -> None:
    site = make_site(SHOW_NUMBER_ENDING="false")
    owner = site.world.acme()[1]
    browser = waiting(site, owner)
    assert browser.page is not None
    assert "••" not in browser.page.text
