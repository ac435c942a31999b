"""Forgotten passwords and invitations: links that set a password and open no door."""

from collections.abc import Callable

import pytest

from models import User
from services import links, notices
from services.unit_of_work import write
from tests.support.site import Site

NEW = "four quiet purple gliders"
Clock = Callable[..., None]


@pytest.fixture
def owner(site: Site) -> User:
    return site.world.acme()[1]


def ask(site: Site, email: str) -> str:
    browser = site.browser()
    browser.get("/password/forgot")
    assert browser.submit(email=email).location == "/login"
    return browser.get("/login").notes


@pytest.mark.asvs("6.3.6", "6.4.3")
def test_a_link_sets_a_password_and_signs_nobody_in(site: Site, owner: User) -> None:
    ask(site, owner.email)
    browser = site.browser()
    browser.get(site.link(owner.email, "/password/reset/"))
    assert browser.submit(password=NEW, password_again=NEW).location == "/login"
    assert browser.get("/contacts").location.startswith("/login")
    browser.get("/login")
    assert browser.submit(email=owner.email, password=NEW).location == "/login/code"


def test_known_and_unknown_addresses_are_answered_alike(site: Site, owner: User) -> None:
    assert ask(site, owner.email) == ask(site, "nobody@acme.example")
    assert len(site.mails()) == 1


@pytest.mark.asvs("6.4.1")
def test_a_link_works_once(site: Site, owner: User) -> None:
    ask(site, owner.email)
    link = site.link(owner.email, "/password/reset/")
    browser = site.browser()
    browser.get(link)
    browser.submit(password=NEW, password_again=NEW)
    page = browser.get(link)
    assert (page.status, page.heading) == (410, "This link does not work any more")


def test_a_newer_link_ends_the_older(site: Site, owner: User) -> None:
    ask(site, owner.email)
    first = site.link(owner.email, "/password/reset/")
    ask(site, owner.email)
    second = site.link(owner.email, "/password/reset/")
    assert site.browser().get(first).status == 410
    assert site.browser().get(second).status == 200


def test_a_link_dies_after_an_hour(site: Site, owner: User, time_machine_at: Clock) -> None:
    ask(site, owner.email)
    link = site.link(owner.email, "/password/reset/")
    time_machine_at(seconds=3601)
    assert site.browser().get(link).status == 410


@pytest.mark.parametrize("purpose", ["invitations", "not-me", "two-factor/keep"])
def test_a_reset_link_is_nothing_for_another_purpose(site: Site, owner: User, purpose: str) -> None:
    ask(site, owner.email)
    token = site.link(owner.email, "/password/reset/").rsplit("/", 1)[1]
    assert site.browser().get(f"/{purpose}/{token}").status in {404, 410}


@pytest.mark.asvs("6.4.3", "7.4.3")
@pytest.mark.threat("D4")
def test_a_new_password_ends_sessions_and_trusted_browsers(site: Site, owner: User) -> None:
    before = site.signed_in(owner)
    ask(site, owner.email)
    other = site.browser()
    other.get(site.link(owner.email, "/password/reset/"))
    other.submit(password=NEW, password_again=NEW)
    assert before.get("/settings/password").location.startswith("/login")
    before.get("/login")
    assert before.submit(email=owner.email, password=NEW).location == "/login/code"


def test_a_pending_sign_in_dies_with_the_old_password(site: Site, owner: User) -> None:
    thief = site.browser()
    thief.get("/login")
    thief.submit(email=owner.email, password=site.world.password)
    thief.get("/login/code")
    code = site.code()
    ask(site, owner.email)
    browser = site.browser()
    browser.get(site.link(owner.email, "/password/reset/"))
    browser.submit(password=NEW, password_again=NEW)
    assert thief.submit(code=code).location == "/login"


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "15 characters or more"),
        ("a" * 15, "easy to guess"),
        ("password password", "easy to guess"),
        ("x" * 129, "128 characters or fewer"),
        ("", "Enter a new password"),
        ("nul \x00 nul nul nul nul", "NUL"),
    ],
)
def test_a_weak_password_is_refused_beside_its_field(
    site: Site, owner: User, password: str, says: str
) -> None:
    ask(site, owner.email)
    browser = site.browser()
    browser.get(site.link(owner.email, "/password/reset/"))
    page = browser.submit(password=password, password_again=password)
    assert page.status == 422
    assert says in page.error("password")


def test_a_password_made_of_ones_own_data_is_refused(site: Site) -> None:
    account = site.world.account("Gloriosa Kandelaber", two_factor=True)
    owner = site.world.owner(account, name="Wilhelmina Aufderheide")
    ask(site, owner.email)
    browser = site.browser()
    browser.get(site.link(owner.email, "/password/reset/"))
    page = browser.submit(password="wilhelmina aufderheide", password_again="wilhelmina aufderheide")
    assert "easy to guess" in page.error("password")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple!",
        "пятнадцать длинных слов",
        "🐢🐍🦎🦖🦕🐙🦑🦐🦞🦀🐡🐠🐟🐬🐳",
        "7" + "4093815526170" * 3,
    ],
)
def test_any_characters_may_make_a_password(site: Site, owner: User, password: str) -> None:
    ask(site, owner.email)
    browser = site.browser()
    browser.get(site.link(owner.email, "/password/reset/"))
    assert browser.submit(password=password, password_again=password).location == "/login"
    browser.get("/login")
    assert browser.submit(email=owner.email, password=password).location == "/login/code"


def test_two_different_passwords_are_refused_at_the_second(site: Site, owner: User) -> None:
    ask(site, owner.email)
    browser = site.browser()
    browser.get(site.link(owner.email, "/password/reset/"))
    page = browser.submit(password=NEW, password_again=NEW + "x")
    assert (page.status, page.error("password_again")) == (
        422,
        "This is not the same password. Enter it again",
    )


def test_a_password_that_was_sent_twice_is_not_set(site: Site, owner: User) -> None:
    ask(site, owner.email)
    browser = site.browser()
    browser.get(site.link(owner.email, "/password/reset/"))
    page = browser.submit(password=[NEW, NEW + "x"], password_again=NEW)
    assert (page.status, page.error("password")) == (422, "New password was sent twice. Enter it once")
    assert browser.submit(password=NEW, password_again=NEW).location == "/login", "the link is not spent"


@pytest.mark.threat("I3")
def test_no_link_is_in_the_database(site: Site, owner: User) -> None:
    from sqlalchemy import text

    from extensions import db

    ask(site, owner.email)
    token = site.link(owner.email, "/password/reset/").rsplit("/", 1)[1]
    with site.context():
        for table in db.metadata.tables:
            rows = db.session.execute(text(f'SELECT * FROM "{table}"')).all()  # noqa: S608
            assert token not in repr(rows), table
            assert token.rsplit(".", 1)[1] not in repr(rows), table


@pytest.mark.asvs("6.4.1", "6.3.4")
@pytest.mark.threat("A5")
def test_an_invitation_sets_a_first_password_and_signs_nobody_in(site: Site) -> None:
    account, owner = site.world.acme()
    invited = site.world.user(account, password_hash=None)
    with site.context(), write():
        notices.invitation(invited, account, owner)
    browser = site.browser()
    page = browser.get(site.link(invited.email, "/invitations/"))
    assert page.heading == "Welcome: choose a password"
    assert browser.submit(password=NEW, password_again=NEW).location == "/login"
    browser.get("/login")
    assert browser.submit(email=invited.email, password=NEW).location == "/login/code"


def test_someone_invited_gets_no_reset_link_before_accepting(site: Site) -> None:
    account, _ = site.world.acme()
    invited = site.world.user(account, password_hash=None)
    ask(site, invited.email)
    assert site.mails(invited.email) == []


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("", "Enter your email address"),
        ("nobody", "Enter an email address in the correct format, like name@example.com"),
        (["a@acme.example", "b@acme.example"], "Email address was sent twice. Enter it once"),
        ("x" * 400 + "@acme.example", "Email address is too long. Use at most 254 characters"),
    ],
)
def test_what_is_no_address_is_told(site: Site, email: str | list[str], says: str) -> None:
    browser = site.browser()
    browser.get("/password/forgot")
    page = browser.submit(email=email)
    assert (page.status, page.error("email")) == (422, says)


def test_a_reset_mail_is_limited(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_MAIL_ADDRESS="2/hour")
    owner = site.world.acme()[1]
    for _ in range(2):
        ask(site, owner.email)
        site.deliver()
    browser = site.browser()
    browser.get("/password/forgot")
    page = browser.submit(email=owner.email)
    assert (page.status, page.value("email")) == (429, owner.email)
    assert page.errors[0].startswith("Too many links were asked for. None was sent now. Try again in ")
    assert int(page.headers["Retry-After"]) > 0
    assert len(site.mails(owner.email)) == 2


def test_purposes_have_distinct_signatures(site: Site, owner: User) -> None:
    with site.context():
        made = [links.token(links.create(owner, purpose, lifetime=60)) for purpose in ("a", "b")]
        assert links.find(made[0], "a") is not None
        assert links.find(made[0], "b") is None
        # Not the last character: part of its bits stands for nothing.
        changed = made[0][:-9] + ("A" if made[0][-9] != "A" else "B") + made[0][-8:]
        assert links.find(changed, "a") is None
