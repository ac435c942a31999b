"""A code approves what its text names: these values, once, and with the number on record proved anew each time."""

from collections.abc import Callable
from typing import Any

import pytest

from models import Account, User
from services.wording import approvals
from tests.support.browser import Browser, Page
from tests.support.site import Site

Clock = Callable[..., None]
Acme = tuple[Account, User, User]
NUMBERS = "/settings/account/mobile-numbers"


@pytest.fixture
def acme(site: Site) -> Acme:
    account, owner = site.world.acme()
    return account, owner, site.world.user(account, name="Ben Carter")


def approve(site: Site, browser: Browser, answer: Page, number: str | None) -> Page:
    """Enter the code of the step-up that ``answer`` leads to, and press the button after it."""
    assert answer.location.startswith("/step-up"), f"no code was asked for: {answer.status} {answer.location}"
    browser.get(answer.location)
    browser.get(browser.submit(code=site.code(number)).location)
    return browser.submit()


def asked(answer: Page) -> bool:
    return answer.location.startswith("/step-up")


def told(site: Site, user: User) -> str:
    """What the newest text to ``user`` says its code is for."""
    text = site.texts(user.mobile_number)[-1]["text"]
    return text.partition(" authentication code to ")[2].partition(". Never share it.")[0]


def own_number(browser: Browser, page: str, typed: str) -> Page:
    browser.get(f"/settings/{page}")
    return browser.submit(having="mobile_number", mobile_number=typed)


def new_user(browser: Browser, **fields: Any) -> Page:
    browser.get("/settings/users/new")
    return browser.submit(
        **{"name": "Zoë", "email": "zoe@acme.example", "mobile_number": "07400 222333", **fields}
    )


def edit(browser: Browser, user: User, **fields: Any) -> Page:
    browser.get(f"/settings/users/{user.public_id}")
    return browser.submit(having="name", **fields)


# --- one's own number


@pytest.mark.parametrize("other", ["account", "profile"])
def test_the_old_phone_is_asked_for_each_new_number(site: Site, acme: Acme, other: str) -> None:
    _, owner, _ = acme
    browser = site.signed_in(owner)
    first = {"account": "profile", "profile": "account"}[other]
    waiting = approve(site, browser, own_number(browser, first, "07400 555001"), owner.mobile_number).location
    assert "/confirm-mobile" in waiting
    assert asked(own_number(browser, other, "07400 555002"))
    assert site.texts("+447400555002") == []


def test_storing_a_number_ends_every_other_save_that_waits(
    site: Site, acme: Acme, time_machine_at: Clock
) -> None:
    _, owner, _ = acme
    browser = site.signed_in(owner)
    waiting = [
        approve(site, browser, own_number(browser, page, typed), owner.mobile_number).location
        for page, typed in (("account", "07400 555002"), ("profile", "07400 555001"))
    ]
    browser.get(waiting[1])
    assert browser.submit(code=site.code("+447400555001")).location == "/settings/profile"
    sent = len(site.texts("+447400555002"))
    time_machine_at(minutes=3)
    resend = waiting[0].replace("confirm-mobile?", "confirm-mobile/resend?")
    assert browser.post(resend).location == "/settings/account"
    assert browser.get(waiting[0]).location == "/settings/account"
    assert len(site.texts("+447400555002")) == sent
    assert site.world.reload(owner).mobile_number == "+447400555001"


def test_a_code_for_one_number_lets_no_other_one_in(site: Site, acme: Acme) -> None:
    _, owner, ben = acme
    browser = site.signed_in(ben)
    answer = own_number(browser, "profile", "07400 555001")
    assert told(site, ben) == "change your mobile number to one ending in 01"
    browser.get(answer.location)
    browser.submit(code=site.code(ben.mobile_number))
    assert asked(own_number(browser, "profile", "07400 555002"))


def test_pressing_save_twice_asks_the_old_phone_once(site: Site, acme: Acme) -> None:
    _, _, ben = acme
    browser = site.signed_in(ben)
    approve(site, browser, own_number(browser, "profile", "07400 555001"), ben.mobile_number)
    again = own_number(browser, "profile", "07400 555001")
    assert again.location.startswith("/settings/profile/confirm-mobile")
    browser.get(again.location)
    assert browser.submit(code=site.code("+447400555001")).location == "/settings/profile"
    assert len(site.texts("+447400555001")) == 1


def test_repeating_a_save_does_not_make_its_proof_young_again(
    site: Site, acme: Acme, time_machine_at: Clock
) -> None:
    _, _, ben = acme
    browser = site.signed_in(ben)
    approve(site, browser, own_number(browser, "profile", "07400 555001"), ben.mobile_number)
    for _ in range(2):
        time_machine_at(minutes=14)
        assert not asked(own_number(browser, "profile", "07400 555001"))
    time_machine_at(minutes=14)
    assert asked(own_number(browser, "profile", "07400 555001"))


# --- the owner's acts


def test_a_code_adds_one_user_as_entered(site: Site, acme: Acme) -> None:
    _, owner, _ = acme
    browser = site.signed_in(owner)
    answer = new_user(browser, can_export="y")
    assert told(site, owner) == "add zoe@acme.example, who may export"
    browser.get(answer.location)
    browser.submit(code=site.code(owner.mobile_number))
    assert asked(new_user(browser, can_export="y", email="thief@evil.example"))
    assert asked(new_user(browser))
    assert new_user(browser, can_export="y").location == "/settings/users"
    browser.get("/settings/users")
    assert "thief@evil.example" not in browser.last.words


def test_a_code_changes_a_user_once_and_as_entered(site: Site, acme: Acme) -> None:
    _, owner, ben = acme
    browser = site.signed_in(owner)
    answer = edit(browser, ben, can_export="y")
    assert told(site, owner) == "change Ben Carter: may export"
    browser.get(answer.location)
    browser.submit(code=site.code(owner.mobile_number))
    assert asked(edit(browser, ben, can_export="y", email="thief@evil.example"))
    assert edit(browser, ben, can_export="y").location == "/settings/users"
    assert site.world.reload(ben).can_export
    assert asked(edit(browser, ben, can_export=None))
    assert told(site, owner) == "change Ben Carter: may not export"


def test_a_code_sets_the_numbers_that_were_entered(
    site: Site, acme: Acme, time_machine_at: Callable[..., None]
) -> None:
    account, owner, ben = acme
    ana = site.world.user(account, name="Ana")
    browser = site.signed_in(owner)

    def save(typed: str) -> Page:
        browser.get(NUMBERS)
        return browser.submit(**{f"mobile_number-{ben.public_id}": typed})

    answer = save("07400 555656")
    assert told(site, owner) == "change Ben Carter's mobile number to one ending in 56"
    browser.get(answer.location)
    browser.submit(code=site.code(owner.mobile_number))
    assert asked(save("07400 555657"))
    assert save("07400 555656").location == "/settings/account"
    assert site.world.reload(ben).mobile_number == "+447400555656"
    edit(browser, ben, mobile_number=str(ben.mobile_number))
    assert site.world.reload(ana).mobile_number == ana.mobile_number
    time_machine_at(minutes=5)  # two texts were not answered; the next waits
    save(str(ben.mobile_number))
    approve(site, browser, browser.last, owner.mobile_number)
    assert site.world.reload(ben).mobile_number == ben.mobile_number
    assert asked(save("07400 555656")), "the first code was used"


def test_a_code_removes_whom_it_names(site: Site, acme: Acme) -> None:
    _, owner, ben = acme
    browser = site.signed_in(owner)
    browser.get(f"/settings/users/{ben.public_id}")
    browser.submit(form="/remove")
    assert told(site, owner) == "remove Ben Carter"


# --- its words


def test_the_words_fit_a_text_however_long_names_are() -> None:
    long = "x" * 60 + "@" + "y" * 180 + ".example"
    added = approvals.add_user(long, may_export=True)
    assert approvals.said(added).endswith(", who may export")
    assert len(approvals.said(added)) <= 60
    number = approvals.change_number("Bartholomew Featherstonehaugh-Cholmondeley", "+447400555656")
    assert approvals.said(number) == "change Bartholomew...'s mobile number to one ending in 56"
    every = approvals.change_user("n" * 100, may_export=True, email=long, number="")
    assert approvals.said(every).startswith("change nnn")
    assert ": may export, email xxx" in approvals.said(every)
    assert approvals.said(every).endswith(", no mobile number")
    many = approvals.change_numbers({f"User {n}": f"+4474005556{n:02}" for n in range(10, 90)})
    assert approvals.said(many).startswith("change 80 users' mobile numbers, to ones ending in 10, 11,")
    quotes = approvals.remove_user('"' * 100)
    assert approvals.said(quotes).startswith('remove """"')
    for kept in (added, number, every, many, quotes):
        assert len(kept) <= 200


def test_what_is_no_wording_of_ours_is_said_as_it_is() -> None:
    for words in ("", "look at the door", "[the door]", '["gone",{}]', '["remove_user",{"who":"Ben"}]'):
        assert approvals.said(words) == words
