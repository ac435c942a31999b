"""Inviting, changing and removing people; handing the account over."""

from collections.abc import Callable
from typing import Any

import pytest

from models import User
from tests.support.browser import Browser, Page
from tests.support.site import Site

Clock = Callable[..., None]


def confirmed(site: Site, browser: Browser, answer: Page, number: str | None = None) -> Page:
    """Go through the step-up that ``answer`` leads to, and press the button after it."""
    assert answer.location.startswith("/step-up"), f"no code was asked for: {answer.status} {answer.location}"
    browser.get(answer.location)
    where = browser.submit(code=site.code(number)).location
    browser.get(where)
    return browser.submit()


def invite(browser: Browser, **fields: str) -> Page:
    browser.get("/settings/users/new")
    return browser.submit(
        **{"name": "Zoë", "email": "zoe@acme.example", "mobile_number": "07400 222333", **fields}
    )


def test_an_invited_user_chooses_a_password_and_signs_in(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    assert invite(browser, email="  Zoe@ACME.example ").location == "/settings/users"
    page = browser.follow()
    assert "Zoë is invited" in page.notes
    assert "Invited" in page.words
    assert "Not yet confirmed" in page.words
    assert site.texts() == []
    zoe = site.browser()
    zoe.get(site.link("zoe@acme.example", "/invitations/"))
    zoe.submit(password="nine purple lanterns drift", password_again="nine purple lanterns drift")
    zoe.get("/login")
    assert zoe.submit(email="zoe@acme.example", password="nine purple lanterns drift").location == "/"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 101), ("name", "\x00"), ("name", ["a", "b"]), ("name", None),
        ("email", ""), ("email", "zoe"), ("email", "zoe@"), ("email", "x" * 250 + "@acme.example"),
        ("email", "zo\x00e@acme.example"), ("email", None), ("mobile_number", "12"),
        ("mobile_number", ["07400 222333", "07400 222334"]),
    ],
)  # fmt: skip
@pytest.mark.asvs("2.2.1", "2.2.2")
def test_bad_input_is_told_at_its_field(site: Site, field: str, value: Any) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/users/new")
    good = {"name": "Zoë", "email": "zoe@acme.example", "mobile_number": "07400 222333", "can_export": "y"}
    page = browser.submit(**{**good, field: value})
    assert page.status == 422
    assert page.error(field)
    for other in {"name", "email", "mobile_number"} - {field}:
        assert page.value(other) == good[other]


def test_with_two_factor_on_a_new_user_needs_a_number_and_the_owners_code(site: Site) -> None:
    account, owner = site.world.acme()
    browser = site.signed_in(owner)
    page = invite(browser, mobile_number="")
    assert page.status == 422
    assert "every user needs one" in page.error("mobile_number")
    answer = invite(browser)
    assert confirmed(site, browser, answer).location == "/settings/users"
    assert "zoe@acme.example" in browser.follow().words


def test_an_address_that_somebody_signs_in_with_is_refused_at_its_field(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    stranger = site.world.owner(site.world.account("Other"))
    browser = site.signed_in(owner)
    page = invite(browser, email=stranger.email.upper())
    assert page.status == 422
    assert "already" in page.error("email")
    assert stranger.name not in page.words


@pytest.mark.asvs("2.3.2")
def test_invitations_are_limited_right_and_wrong_ones_alike(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_INVITATIONS_ACCOUNT="2/hour")
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    answers = [
        invite(browser, email=address) for address in (owner.email, "zoe@acme.example", "max@acme.example")
    ]
    assert [answer.status for answer in answers] == [422, 303, 429]
    assert answers[2].value("email") == "max@acme.example"


def test_sending_an_invitation_again_is_limited_on_its_own_page(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_INVITATIONS_ACCOUNT="1/hour")
    account, owner = site.world.acme(two_factor=False)
    invited = site.world.user(account, password_hash=None)
    browser = site.signed_in(owner)
    browser.get(f"/settings/users/{invited.public_id}")
    assert browser.submit(form="/invite").status == 303
    page = browser.submit(form="/invite")
    assert (page.status, page.heading) == (429, invited.name)
    assert int(page.headers["Retry-After"]) > 0
    assert page.errors[0].startswith("Too many invitations were sent. None was sent now. Try again in ")
    assert page.value("email") == invited.email


def test_an_invitation_can_be_sent_again_and_the_link_before_it_dies(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    invite(browser)
    old = site.link("zoe@acme.example", "/invitations/")
    page = browser.follow()
    browser.get(str(page.html.select_one('.row-actions a[href*="/settings/users/"]')["href"]))
    assert browser.submit(form="/invite").status == 303
    assert site.browser().get(old).status == 410
    assert site.link("zoe@acme.example", "/invitations/") != old


def test_another_accounts_user_is_not_found(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    stranger = site.world.user(site.world.account("Other"))
    browser = site.signed_in(owner)
    path = f"/settings/users/{stranger.public_id}"
    assert browser.get(path).status == 404
    for ending in ("", "/remove", "/invite", "/offer-ownership"):
        assert browser.post(path + ending, {"name": "X"}).status == 404
    assert site.world.reload(stranger).removed_at is None


def test_other_users_may_change_nobody(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana, ben = site.world.user(account), site.world.user(account)
    browser = site.signed_in(ana)
    path = f"/settings/users/{ben.public_id}"
    for ending in ("", "/remove", "/invite", "/offer-ownership"):
        assert browser.post(path + ending, {"name": "X", "email": ben.email}).status == 403
    assert browser.get(path).status == 403


def test_a_change_of_name_needs_no_code_but_rights_and_number_do(site: Site) -> None:
    account, owner = site.world.acme()
    ana = site.world.user(account)
    browser = site.signed_in(owner)
    path = f"/settings/users/{ana.public_id}"
    browser.get(path)
    assert browser.submit(name="Ana L.").location == "/settings/users"
    browser.get(path)
    page = browser.submit(mobile_number="")
    assert page.status == 422
    browser.get(path)
    assert (
        confirmed(site, browser, browser.submit(can_export="y", name="Ana L.")).location == "/settings/users"
    )
    after = site.world.reload(ana)
    assert (after.name, after.can_export) == ("Ana L.", True)
    assert "you may now export" in site.mails(ana.email)[-1]["text"]


@pytest.mark.asvs("6.3.7", "6.5.6")
@pytest.mark.threat("D4")
def test_a_corrected_number_is_told_and_ends_what_rested_on_the_old_one(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    hers = site.signed_in(ana)
    browser = site.signed_in(owner)
    browser.get(f"/settings/users/{ana.public_id}")
    assert browser.submit(mobile_number="07400 333444").status == 303
    after = site.world.reload(ana)
    assert (after.mobile_number, after.mobile_confirmed_at) == ("+447400333444", None)
    assert "number was changed" in site.texts(ana.mobile_number)[-1]["text"]
    assert hers.get("/contacts").location.startswith("/login")
    assert "set the mobile number of" in browser.get("/settings/activity").words


@pytest.mark.asvs("6.3.7")
def test_a_new_address_is_told_on_the_old_one_and_voids_reset_links(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    stranger = site.browser()
    stranger.get("/password/forgot")
    stranger.submit(email=ana.email)
    link = site.link(ana.email, "/password/reset/")
    browser = site.signed_in(owner)
    browser.get(f"/settings/users/{ana.public_id}")
    assert browser.submit(email="ana@new.example").status == 303
    for address in (ana.email, "ana@new.example"):
        assert "changed your email address" in " ".join(site.mails(address)[-1]["text"].split())
    assert site.browser().get(link).status == 410
    assert site.world.reload(ana).email == "ana@new.example"


@pytest.mark.asvs("7.4.2")
@pytest.mark.threat("E6")
def test_a_removed_user_is_out_at_once_and_their_address_is_free(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    hers = site.signed_in(ana)
    browser = site.signed_in(owner)
    browser.get(f"/settings/users/{ana.public_id}")
    assert browser.submit(form="/remove").location == "/settings/users"
    assert ana.email not in browser.follow().words
    assert hers.get("/contacts").location.startswith("/login")
    assert "no longer have access" in site.mails(ana.email)[-1]["subject"]
    assert browser.post(f"/settings/users/{ana.public_id}/remove").status == 404
    assert invite(browser, email=ana.email).status == 303
    assert "removed" in browser.get("/settings/activity").words


def test_removing_needs_a_code_when_two_factor_is_on(site: Site) -> None:
    account, owner = site.world.acme()
    ana = site.world.user(account)
    browser = site.signed_in(owner)
    browser.get(f"/settings/users/{ana.public_id}")
    answer = browser.submit(form="/remove")
    assert site.world.reload(ana).removed_at is None
    assert confirmed(site, browser, answer).location == "/settings/users"
    assert site.world.reload(ana).removed_at is not None


def test_the_owner_cannot_be_removed_or_edited_away(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    path = f"/settings/users/{owner.public_id}"
    assert browser.get(path).location == "/settings/profile"
    assert browser.post(path, {"name": "X", "email": owner.email}).status == 403
    assert browser.post(path + "/remove").status == 403
    assert browser.post(path + "/offer-ownership").status == 303
    assert site.world.reload(owner).role == "owner"


# --- ownership


def offer(site: Site, browser: Browser, user: User) -> Page:
    browser.get(f"/settings/users/{user.public_id}")
    return browser.submit(form="/offer-ownership")


def test_ownership_goes_over_when_the_other_accepts(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    old, new = site.signed_in(owner), site.signed_in(ana)
    assert offer(site, old, ana).location == "/settings/account"
    assert "Ownership is offered to" in old.follow().words
    assert site.world.reload(ana).role == "user"
    page = new.get("/settings/account")
    assert "The account is offered to you" in page.words
    new.get("/settings/ownership")
    assert new.submit(answer="accept").location == "/settings/account"
    assert "You are the owner" in new.follow().notes
    assert (site.world.reload(owner).role, site.world.reload(ana).role) == ("user", "owner")
    assert old.get("/settings/users").location.startswith("/login")
    assert new.get("/settings/users").status == 200
    for person in (owner, ana):
        assert any("owner" in mail["subject"] for mail in site.mails(person.email))
    assert site.signed_in(owner).get("/settings/users").status == 403


def test_with_two_factor_on_both_sides_enter_a_code(site: Site) -> None:
    account, owner = site.world.acme()
    ana = site.world.user(account)
    old, new = site.signed_in(owner), site.signed_in(ana)
    assert confirmed(site, old, offer(site, old, ana), owner.mobile_number).location == "/settings/account"
    new.get("/settings/ownership")
    answer = new.submit(answer="accept")
    assert site.world.reload(ana).role == "user"
    assert confirmed(site, new, answer, ana.mobile_number).location == "/settings/account"
    assert (site.world.reload(owner).role, site.world.reload(ana).role) == ("user", "owner")


@pytest.mark.parametrize("ending", ["withdrawn", "declined", "too old", "removed"])
def test_an_offer_that_ended_cannot_be_accepted(site: Site, time_machine_at: Clock, ending: str) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    old, new = site.signed_in(owner), site.signed_in(ana)
    offer(site, old, ana)
    new.get("/settings/ownership")
    if ending == "withdrawn":
        old.get("/settings/account")
        old.submit(form="/ownership/withdraw")
    elif ending == "declined":
        new.submit(answer="decline")
    elif ending == "removed":
        old.get(f"/settings/users/{ana.public_id}")
        old.submit(form="/remove")
    else:
        time_machine_at(days=8)
        old, new = site.signed_in(owner), site.signed_in(ana)
    answer = new.post("/settings/ownership", {"answer": "accept"})
    assert answer.status == 303
    assert site.world.reload(ana).role == "user"
    assert site.world.reload(owner).role == "owner"
    if ending != "removed":
        assert offer(site, old, ana).location == "/settings/account", "it can be offered again"


def test_nobody_else_can_answer_and_an_unclear_answer_is_refused(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana, ben = site.world.user(account), site.world.user(account)
    offer(site, site.signed_in(owner), ana)
    assert (
        site.signed_in(ben).post("/settings/ownership", {"answer": "accept"}).location == "/settings/account"
    )
    assert site.world.reload(ben).role == "user"
    hers = site.signed_in(ana)
    assert hers.post("/settings/ownership", {"answer": "perhaps"}).status == 422
    assert site.world.reload(ana).role == "user"


def test_one_offer_stands_at_a_time(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana, ben = site.world.user(account), site.world.user(account)
    browser = site.signed_in(owner)
    offer(site, browser, ana)
    assert browser.post(f"/settings/users/{ben.public_id}/offer-ownership").location == "/settings/users"
    assert "Withdraw that offer first" in browser.follow().words
