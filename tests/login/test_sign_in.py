"""Signing in, with and without two-factor authentication."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.estate import estate
from tests.support.site import LONG, Site


def test_without_two_factor_a_password_is_enough(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.browser()
    browser.get("/login")
    answer = browser.submit(email=owner.email, password=site.world.password)
    assert answer.location == "/"
    assert site.texts() == []


@pytest.mark.asvs("6.3.3")
def test_a_new_browser_asks_for_the_code_that_was_texted(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email=owner.email, password=site.world.password).location == "/login/code"
    page = browser.get("/login/code")
    assert page.heading == "Check your phone"
    assert str(owner.mobile_number) not in page.text
    assert browser.submit(code=site.code(owner.mobile_number)).location == "/"
    assert browser.get("/settings/password").status == 200


def test_the_same_browser_is_not_asked_again(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    sign_out(browser)
    browser.get("/login")
    assert browser.submit(email=owner.email, password=site.world.password).location == "/"
    assert len(site.texts()) == 1


def test_a_shared_computer_is_not_remembered(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get("/login")
    browser.submit(email=owner.email, password=site.world.password)
    browser.get("/login/code")
    browser.submit(code=site.code(), shared_computer="y")
    assert browser.cookie("browser") is None
    sign_out(browser)
    browser.get("/login")
    assert browser.submit(email=owner.email, password=site.world.password).location == "/login/code"


@pytest.mark.threat("D3")
def test_a_trusted_browser_of_one_user_is_not_trusted_for_another(site: Site) -> None:
    account, owner = site.world.acme()
    colleague = site.world.user(account)
    browser = site.signed_in(owner)
    sign_out(browser)
    browser.get("/login")
    assert browser.submit(email=colleague.email, password=site.world.password).location == "/login/code"


def test_one_browser_can_be_trusted_for_two_users(site: Site) -> None:
    account, owner = site.world.acme()
    colleague = site.world.user(account)
    browser = site.browser()
    for user in (owner, colleague):
        site.signed_in(user, browser=browser)
        sign_out(browser)
    for user in (owner, colleague):
        browser.get("/login")
        assert browser.submit(email=user.email, password=site.world.password).location == "/"
        sign_out(browser)


@pytest.mark.threat("D6")
def test_trust_ends_after_thirty_days(site: Site, time_machine_at) -> None:  # type: ignore[no-untyped-def]
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    time_machine_at(days=31)
    browser.get("/login")
    assert browser.submit(email=owner.email, password=site.world.password).location == "/login/code"


@pytest.mark.threat("D6")
def test_a_sign_in_begins_the_thirty_days_anew(site: Site, time_machine_at) -> None:  # type: ignore[no-untyped-def]
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    for _ in range(3):
        time_machine_at(days=20)
        browser.get("/login")
        assert browser.submit(email=owner.email, password=site.world.password).location == "/"


@pytest.mark.parametrize("password", ["wrong", "", "x" * 5000, "nul\x00inside", "пароль"])
def test_a_wrong_password_is_refused_and_the_address_kept(site: Site, password: str) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get("/login")
    page = browser.submit(email=owner.email, password=password)
    assert page.status == 422
    assert page.value("email") == owner.email
    assert page.value("password") == ""
    assert site.texts() == []


@pytest.mark.asvs("15.3.7")
def test_doubled_fields_are_refused_and_not_judged(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.browser()
    browser.get("/login")
    right: dict[str, Any] = {"email": owner.email, "password": site.world.password}
    for name, value in right.items():
        page = browser.submit(**{**right, name: [value, "another"]})
        assert page.status == 422
        assert "was sent twice" in page.error(name)


def test_known_and_unknown_addresses_answer_alike(site: Site) -> None:
    _, owner = site.world.acme()
    answers = []
    for email in (owner.email, "nobody@acme.example"):
        browser = site.browser()
        browser.get("/login")
        page = browser.submit(email=email, password="wrong wrong wrong")
        answers.append((page.status, page.errors, page.heading))
    assert answers[0] == answers[1]


def test_addresses_are_compared_without_case_and_spaces(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email=f"  {owner.email.upper()} ", password=site.world.password).location == "/"


def test_someone_without_a_number_is_told_and_stays_out(site: Site) -> None:
    account, _ = site.world.acme()
    user = site.world.user(account, mobile_number=None, mobile_number_typed=None, mobile_confirmed_at=None)
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email=user.email, password=site.world.password).location == "/login/code"
    assert "no mobile number" in browser.get("/login/code").words
    assert browser.get("/contacts").location == "/login/code"
    assert site.texts() == []


@pytest.mark.asvs("8.4.2")
@pytest.mark.threat("D2")
def test_support_always_enters_a_code_and_is_never_remembered(site: Site) -> None:
    support = site.world.support()
    browser = site.signed_in(support)
    assert browser.cookie("browser") is None
    sign_out(browser)
    browser.get("/login")
    assert browser.submit(email=support.email, password=site.world.password).location == "/login/code"


@pytest.mark.asvs("7.4.1")
@pytest.mark.threat("E3")
def test_signing_out_makes_a_copied_cookie_worthless(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    copied = browser.cookie("session")
    sign_out(browser)
    thief = site.browser()
    thief.client.set_cookie("session", copied or "")
    assert thief.get("/settings/password").location.startswith("/login")


@pytest.mark.asvs("7.2.4")
@pytest.mark.threat("E1")
def test_the_cookie_from_before_the_code_is_worthless_after_it(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    browser.get("/login")
    before_password = browser.cookie("session")
    browser.submit(email=owner.email, password=site.world.password)
    before_code = browser.cookie("session")
    browser.get("/login/code")
    browser.submit(code=site.code())
    for copied in (before_password, before_code):
        thief = site.browser()
        thief.client.set_cookie("session", copied or "")
        assert thief.get("/settings/password").location.startswith("/login")


@pytest.mark.asvs("7.3.1")
def test_an_idle_session_ends(site: Site, time_machine_at) -> None:  # type: ignore[no-untyped-def]
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    time_machine_at(seconds=3599)
    assert browser.get("/settings/password").status == 200
    time_machine_at(seconds=3599)
    assert browser.get("/settings/password").status == 200
    time_machine_at(seconds=3601)
    assert browser.get("/settings/password").location == "/login?next=/settings/password"


@pytest.mark.asvs("7.3.2")
def test_a_busy_session_ends_after_twelve_hours(site: Site, time_machine_at) -> None:  # type: ignore[no-untyped-def]
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    for _ in range(13):
        time_machine_at(seconds=3300)
        assert browser.get("/settings/password").status == 200
    time_machine_at(seconds=3300)
    assert browser.get("/settings/password").location.startswith("/login")


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "/\\evil.example", "///evil.example", "/%09/evil.example\t",
     "javascript:alert(1)", "data:text/html,x", "http:evil.example", "/" + "a" * 3000, "/\x00", "\t//evil.example"],
)  # fmt: skip
def test_next_leads_nowhere_but_into_the_site(site: Site, elsewhere: str) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.browser()
    browser.get("/login", query_string={"next": elsewhere})
    answer = browser.submit(email=owner.email, password=site.world.password)
    assert answer.headers["Location"].startswith("/")
    assert "evil" not in answer.location.partition("?")[0].removeprefix("/%09/")


def test_next_is_kept_through_the_code(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.browser()
    wanted = browser.get("/settings/password").location
    browser.get(wanted)
    browser.submit(email=owner.email, password=site.world.password)
    browser.get("/login/code")
    assert browser.submit(code=site.code()).location == "/settings/password"


def test_a_removed_user_cannot_sign_in(site: Site) -> None:
    from services.clock import now

    account, _ = site.world.acme(two_factor=False)
    user = site.world.user(account, removed_at=now())
    browser = site.browser()
    browser.get("/login")
    assert browser.submit(email=user.email, password=site.world.password).status == 422


def test_too_many_wrong_passwords_have_to_wait_but_a_trusted_browser_gets_in(make_site) -> None:  # type: ignore[no-untyped-def]
    site = make_site(LIMIT_SIGN_IN_USER="3/hour", **LONG)
    _, owner = site.world.acme()
    trusted = site.signed_in(owner)
    sign_out(trusted)
    stranger = site.browser()
    stranger.get("/login")
    for _ in range(3):
        assert stranger.submit(email=owner.email, password="wrong").status == 422
    answer = stranger.submit(email=owner.email, password=site.world.password)
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.errors[0].startswith("Too many tries to sign in. This one was not looked at. Try again in ")
    assert (answer.value("email"), answer.value("password")) == (owner.email, "")
    trusted.get("/login")
    assert trusted.submit(email=owner.email, password=site.world.password).location == "/"


def test_a_form_without_its_token_is_refused(site: Site) -> None:
    _, owner = site.world.acme()
    answer = site.browser().post(
        "/login", {"email": owner.email, "password": site.world.password}, csrf=False
    )
    assert answer.status == 400


def sign_out(browser) -> None:  # type: ignore[no-untyped-def]
    assert browser.post("/logout").location == "/login"


@pytest.mark.asvs("14.3.1")
def test_signing_out_clears_the_browser_of_pages_and_leaves_it_trusted(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    browser.get("/contacts")
    page = browser.post("/logout")
    assert page.headers["Clear-Site-Data"] == '"cache", "storage"'
    browser.get("/login")
    assert browser.submit(email=owner.email, password=site.world.password).location == "/"


@pytest.mark.asvs("7.3.1")
def test_a_page_that_asks_by_itself_how_things_are_keeps_nobody_signed_in(
    make_site: Callable[..., Site], time_machine_at: Callable[..., None]
) -> None:
    site = make_site(SESSION_IDLE="600")
    of = estate(site, "Borealis", two_factor=False)
    browser = site.signed_in(of.owner)
    status = f"/contacts/imports/{of.ids['import_id']}/status"
    for _ in range(4):
        time_machine_at(seconds=140)
        assert browser.get(status).status == 200
    time_machine_at(seconds=60)
    assert browser.get(status).location.startswith("/login")
