"""No text before a right password, none by reading, and no way to make the site ring strangers."""

from collections.abc import Callable

import pytest

from blueprints.gate import PUBLIC
from models import User
from tests.sending.conftest import Asker, Make, sent_to, texts
from tests.support.browser import Browser
from tests.support.estate import estate, walk
from tests.support.site import Site


@pytest.mark.threat("G1", "A4", "A5")
@pytest.mark.asvs("6.6.3")
def test_nothing_that_is_open_to_all_sends_a_text(site: Site) -> None:
    """Every address, by GET and by POST, with every field that any of them knows; also with a trusted browser."""
    of = estate(site, "Borealis")
    reader = site.browser()
    reader.get("/password/forgot")
    reader.submit(email=of.user.email)
    site.deliver()
    stranger = site.browser()
    known = site.trusted(of.exporter)
    before = texts(site)
    fields = {
        "email": of.user.email, "password": "not their password at all", "password_again": "something else",
        "code": "123456", "subject": "Help", "message": "Help me", "mobile_number": of.user.mobile_number,
        "current_password": "x",
    }  # fmt: skip
    ids = {**of.ids, "token": site.link(of.user.email, "/password/reset/").rsplit("/", 1)[1]}
    asked = 0
    for browser in (stranger, known):
        for _, method, path in walk(site, ids, ("GET", "POST")):
            data = {**fields, "csrf_token": browser.csrf_token()} if method == "POST" else None
            browser.client.open(path, method=method, data=data).close()
            asked += 1
    assert asked > 2 * len(PUBLIC)
    assert texts(site) == before


@pytest.mark.threat("A4")
def test_a_forgotten_password_sends_mail_only(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get("/password/forgot")
    browser.submit(email=owner.email)
    browser.get(site.link(owner.email, "/password/reset/"))
    browser.follow() if browser.last.location else None
    assert texts(site) == {}
    assert len(site.mails(owner.email)) == 1


# --- reading


def downloads(site: Site, browser: Browser, count: int) -> list[str]:
    paths = []
    for _ in range(count):
        browser.get("/contacts/export")
        paths.append(browser.submit(having="columns").location + "/download")
    return paths


@pytest.mark.threat("E7", "G1", "G2")
@pytest.mark.asvs("3.5.3")
@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"}])
def test_fifty_pictures_of_fifty_downloads_send_two_texts(site: Site, headers: dict[str, str]) -> None:
    """A page of ours, or a browser that tells nothing: each download is a question of its own."""
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    paths = downloads(site, browser, 50)
    before = sent_to(site, owner.mobile_number)
    for path in paths:
        assert browser.get(path, headers=headers).location.startswith("/step-up")
    assert sent_to(site, owner.mobile_number) == before + 2


@pytest.mark.threat("E7", "G1")
@pytest.mark.parametrize("elsewhere", ["cross-site", "same-site"])
def test_fifty_pictures_on_another_site_send_none(site: Site, elsewhere: str) -> None:
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    paths = downloads(site, browser, 5)
    before = sent_to(site, owner.mobile_number)
    for path in paths * 10:
        place = browser.get(path, headers={"Sec-Fetch-Site": elsewhere}).location
    page = browser.get(place, headers={"Sec-Fetch-Site": elsewhere})
    assert "No text message was sent" in page.words
    assert sent_to(site, owner.mobile_number) == before
    assert browser.submit(form="/step-up/resend").status == 303, "the person's own click sends it"
    assert sent_to(site, owner.mobile_number) == before + 1


# --- strangers


def strangers(count: int, first: int = 0) -> list[str]:
    return [f"+4474009{first + number:05}" for number in range(count)]


def type_numbers(site: Site, browser: Browser, people: list[User], numbers: list[str]) -> int:
    typed = {f"mobile_number-{who.public_id}": number for who, number in zip(people, numbers, strict=True)}
    return browser.post("/settings/account/mobile-numbers", typed).status


@pytest.mark.threat("F4", "G1", "G2")
def test_typing_strangers_numbers_into_the_window_rings_nobody(make_site: Make) -> None:
    """Typed, and typed over: neither the new number nor the old, unconfirmed one hears of it."""
    site = make_site(LIMIT_NUMBER_CHANGES_ACCOUNT="1000/hour")
    account, owner = site.world.acme(two_factor=False)
    people = [
        site.world.user(account, mobile_number=None, mobile_number_typed=None, mobile_confirmed_at=None)
        for _ in range(30)
    ]
    browser = site.signed_in(owner)
    for turn in range(3):
        assert type_numbers(site, browser, people, strangers(30, 100 * turn)) == 303
    assert texts(site) == {}


@pytest.mark.threat("F4", "G2")
def test_a_confirmed_number_that_is_flipped_is_told_n_times(make_site: Make) -> None:
    site = make_site(LIMIT_SMS_NOTICES_NUMBER="3/day")
    account, owner = site.world.acme(two_factor=False)
    phone = "+447400123499"
    people = [site.world.user(account, mobile_number=phone) for _ in range(5)]
    browser = site.signed_in(owner)
    for at, user in enumerate(people):  # each has confirmed the same phone, and each is taken off it
        browser.get(f"/settings/users/{user.public_id}")
        assert browser.submit(mobile_number=strangers(1, at)[0], name=user.name).status == 303
    assert sent_to(site, phone) == 3
    assert all(len(site.mails(user.email)) == 1 for user in people), "the mails go in any case"


@pytest.mark.threat("F1")
def test_a_confirmed_number_is_told_although_the_budget_for_codes_is_used_up(make_site: Make) -> None:
    site = make_site(LIMIT_SMS_SITE="1/day", LIMIT_SMS_NUMBER="1/day", LIMIT_SMS_ACCOUNT="1/day")
    account, owner = site.world.acme(two_factor=False)
    user = site.world.user(account)
    ask = Asker(site)
    assert ask.ask(user) == "sent"
    assert ask.ask(user) in {"sms_number", "sms_account"}  # both are used up
    browser = site.signed_in(owner)
    browser.get(f"/settings/users/{user.public_id}")
    browser.submit(mobile_number="07400 990001", name=user.name)
    assert texts(site)["number_changed"] == 1


@pytest.mark.threat("G2")
def test_notices_of_an_account_are_bounded_and_of_another_are_not(make_site: Make) -> None:
    site = make_site(LIMIT_SMS_NOTICES_ACCOUNT="3/day")
    from services import notices
    from services.unit_of_work import write

    for _ in range(2):
        account, owner = site.world.acme()
        for _ in range(4):
            site.world.user(account)
        with site.context(), write():
            notices.two_factor_on(account, owner)
    assert texts(site)["two_factor_on"] == 3 + 3
    assert len(site.mails()) == 10


@pytest.mark.threat("G2")
def test_on_and_off_and_on_rings_each_phone_as_often_as_the_limit_says(make_site: Make) -> None:
    site = make_site(LIMIT_SMS_NOTICES_NUMBER="4/day")
    from services import notices
    from services.unit_of_work import write

    account, owner = site.world.acme()
    for turn in range(5):
        with site.context(), write():
            notices.two_factor_on(account, owner)
            notices.two_factor_off(account, "asked for by the owner")
        assert sent_to(site, owner.mobile_number) == min(4, 2 * (turn + 1))


@pytest.mark.threat("F4", "G1", "G2")
def test_confirming_one_stranger_after_another_ends_after_n(make_site: Make) -> None:
    site = make_site(LIMIT_SMS_NEW_USER="4/day")
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    for number in strangers(8):
        browser.get("/settings/profile")
        browser.follow() if browser.submit(mobile_number=number).location else None
    assert texts(site) == {"code": 4}


@pytest.mark.threat("F4", "G2")
def test_one_strangers_number_rings_twice_at_once_and_then_waits(
    site: Site, time_machine_at: Callable[..., None]
) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    time_machine_at(seconds=0)
    for _ in range(6):
        browser.get("/settings/profile")
        browser.submit(mobile_number=strangers(1)[0])
        browser.follow()
        browser.submit(form="/cancel")
    assert texts(site) == {"code": 2}


@pytest.mark.threat("G1")
def test_inviting_people_texts_nobody(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    for at, number in enumerate(strangers(5)):
        browser.get("/settings/users/new")
        assert browser.submit(name="Made Up", email=f"p{at}@x.example", mobile_number=number).status == 303
    assert texts(site) == {}


@pytest.mark.threat("F4", "G1")
def test_made_up_people_with_one_strangers_number_ring_it_n_times(make_site: Make) -> None:
    """An owner who reads all the mails can sign them all in."""
    site = make_site(LIMIT_SMS_NEW_NUMBER="3/day")
    account, _ = site.world.acme()
    number = strangers(1)[0]
    puppets = [site.world.user(account, mobile_number=number, mobile_confirmed_at=None) for _ in range(5)]
    for user in puppets:
        browser = site.browser()
        browser.get("/login")
        assert browser.submit(email=user.email, password=site.world.password).location == "/login/code"
    assert sent_to(site, number) == 3
