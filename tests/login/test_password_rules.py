"""What makes a password: length, nothing common, nothing of one's own; and no rule beyond that."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from bs4 import Tag
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from models import User
from services import passwords
from services.passwords import PasswordRefused
from tests.support.browser import Browser, Page
from tests.support.site import Site

Clock = Callable[..., None]
STRONG = "wry glib quartz phantom juke"
LEAKED: list[str] = list(FREQUENCY_LISTS["passwords"])


def refused(password: str, *personal: str) -> bool:
    try:
        passwords.check_new_password(password, list(personal))
    except PasswordRefused:
        return True
    return False


def reset(site: Site, user: User, new: str) -> Page:
    browser = site.browser()
    browser.get("/password/forgot")
    browser.submit(email=user.email)
    browser.get(site.link(user.email, "/password/reset/"))
    return browser.submit(password=new, password_again=new)


def accept(site: Site, user: User, new: str) -> Page:
    owner = site.signed_in(site.world.owner(site.world.account(f"Firm of {user.id}", two_factor=False)))
    owner.get("/settings/users/new")
    email = f"new-{user.id}@firm.example"
    owner.submit(name="Ana", email=email)
    browser = site.browser()
    browser.get(site.link(email, "/invitations/"))
    return browser.submit(password=new, password_again=new)


def change(site: Site, user: User, new: str) -> Page:
    browser = site.signed_in(user)
    browser.get("/settings/password")
    return browser.submit(current_password=site.world.password, password=new, password_again=new)


def signs_in(site: Site, user: User, password: str) -> bool:
    browser = site.browser()
    browser.get("/login")
    return browser.submit(email=user.email, password=password).location == "/"


@pytest.fixture
def owner(site: Site) -> User:
    return site.world.acme(two_factor=False)[1]


@pytest.mark.asvs("6.2.1")
@pytest.mark.parametrize("way", [reset, accept, change])
def test_the_least_length_is_one_and_the_same_wherever_a_password_is_set(
    site: Site, owner: User, way: Callable[[Site, User, str], Page]
) -> None:
    assert site.settings.password_min_length == 15
    for short in (STRONG[:7], STRONG[:14]):
        assert way(site, owner, short).status == 422
        assert "15 characters or more" in way(site, owner, short).error("password")
    assert way(site, owner, "wry glib quartz").status == 303


@contextmanager
def at_least(make_site: Callable[..., Site], length: int) -> Any:
    site = make_site(PASSWORD_MIN_LENGTH=str(length))
    with site.context():
        yield


@pytest.mark.asvs("6.2.4", "6.2.12")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_passwords_of_breaches_are_refused_by_themselves_and_as_parts(make_site: Callable[..., Site]) -> None:
    fitting = [one for one in LEAKED if len(one) >= 8]
    assert len(fitting) >= 3000
    with at_least(make_site, 8):
        assert [one for one in fitting[:3000:60] + fitting[3000::600] if not refused(one)] == []
        assert refused("PassWord1"), "in capitals, too"
    with at_least(make_site, 15):
        assert [one for one in LEAKED if len(one) >= 15 and not refused(one)] == []
        common = LEAKED[:3000:60]
        longer = [(one * 15)[: max(15, 2 * len(one))] for one in common]
        assert [one for one in longer if not refused(one)] == []


@pytest.mark.asvs("6.2.11")
def test_words_of_the_place_and_the_person_are_refused(site: Site) -> None:
    own = ("dana.vale@acme-retail.example", "Dana Vale", "Acme Retail Group")
    with site.context():
        for password in (
            "engagement cloud", "EngagementCloud1", "passwordEngagementCloud", "countersign2026!!",
            "AcmeRetailGroup1", "dana.vale@acme-retail.example", "danavale danavale", "supportadmin2026",
            "accountowner1234", "exportcontacts1", "authentication1",
        ):  # fmt: skip
            assert refused(password, *own), password
        assert not refused(STRONG, *own)


@pytest.mark.asvs("6.2.5")
def test_no_kind_of_character_is_asked_for_and_none_is_refused(site: Site) -> None:
    with site.context():
        for password in (
            "quillvortexbramblejinx", "90417365820934716528", "   wry   glib   quartz   ", "QUILLVORTEXBRAMBLEJINX",
            "🦊🪁🧊🪵🎻🦔🧿🪐🛶🧶🪤🦩🥏🪃🧵", "дождь лиловый чайник ёж", "!?§%&/()=*+~#-_.:;<>|",
        ):  # fmt: skip
            assert not refused(password), password


@pytest.mark.asvs("6.2.8")
def test_a_password_is_compared_as_it_was_typed(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_SIGN_IN_USER="20/day")
    account, _ = site.world.acme(two_factor=False)
    long = "Wry Glib Quartz " * 5 + "Jinx"
    with site.context():
        user = site.world.user(account, password_hash=passwords.hash_password(long))
    assert len(long) > 72
    for wrong in (
        long.lower(),
        long.upper(),
        f"{long} ",
        f" {long}",
        long[:-1] + "y",
        long[:72],
        long.replace("  ", " ") + "x",
    ):
        assert not signs_in(site, user, wrong), wrong
    assert signs_in(site, user, long)


@pytest.mark.asvs("6.2.9")
@pytest.mark.parametrize("length", [64, 128])
def test_long_passwords_fit(site: Site, owner: User, length: int) -> None:
    new = ("wry glib quartz phantom juke vex " * 5)[:length].strip().ljust(length, "z")
    assert (
        reset(site, owner, new + "z" * (129 - length)).error("password")
        == "Password must be 128 characters or fewer"
    )
    assert reset(site, owner, new).status == 303
    assert signs_in(site, owner, new)


@pytest.mark.asvs("6.2.10")
def test_no_password_has_to_be_changed_after_a_time(site: Site, owner: User, time_machine_at: Clock) -> None:
    time_machine_at(days=400)
    assert signs_in(site, owner, site.world.password)


def boxes(page: Page) -> list[Tag]:
    return page.html.select("form input")


@pytest.mark.asvs("6.2.6", "6.2.7")
def test_password_fields_are_masked_and_made_for_password_managers(site: Site, owner: User) -> None:
    browser, inside = site.browser(), site.signed_in(owner)
    browser.get("/password/forgot")
    browser.submit(email=owner.email)
    link = site.link(owner.email, "/password/reset/")
    wanted = {
        "email": ("email", "username"), "password": ("password", "new-password"),
        "password_again": ("password", "new-password"), "current_password": ("password", "current-password"),
    }  # fmt: skip
    seen = set()
    for who, path in ((browser, "/login"), (browser, link), (inside, "/settings/password")):
        for box in boxes(who.get(path)):
            name = str(box.get("name"))
            if name in wanted:
                expected = (
                    ("password", "current-password")
                    if (path, name) == ("/login", "password")
                    else wanted[name]
                )
                assert (box["type"], box["autocomplete"]) == expected, (path, name)
                assert not {"maxlength", "readonly", "onpaste"} & set(box.attrs), (path, name)
                seen.add((path, name))
    assert len(seen) == 7


@pytest.mark.asvs("6.3.2")
def test_nobody_exists_on_a_fresh_site(site: Site) -> None:
    from sqlalchemy import func, select

    from extensions import db

    with site.context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 0
    browser: Browser = site.browser()
    for name in ("admin", "root", "test", "owner@acme.example"):
        browser.get("/login")
        assert browser.submit(email=name, password=name).status == 422


@pytest.mark.asvs("6.4.2")
def test_there_are_no_hints_and_no_secret_questions(site: Site) -> None:
    from extensions import db

    columns = {column.name for table in db.metadata.tables.values() for column in table.columns}
    assert not {name for name in columns if "hint" in name or "question" in name}


@pytest.mark.asvs("6.4.6")
def test_support_has_no_field_and_no_address_for_somebody_elses_password(site: Site, owner: User) -> None:
    support = site.signed_in(site.world.support())
    account = site.world.reload(owner).account_id
    assert account
    for path in ("/support", "/support/requests"):
        assert [box for box in boxes(support.get(path)) if box.get("type") == "password"] == []
    rules = [rule.rule for rule in site.app.url_map.iter_rules() if "password" in rule.rule]
    assert not [rule for rule in rules if rule.startswith("/support") or "user_id" in rule]
