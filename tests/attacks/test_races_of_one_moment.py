"""Attacks that need something to happen between two steps of a request. Here it does, every time."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from extensions import db
from models import Account, User
from models.login_session import LoginSession
from models.trusted_browser import TrustedBrowser
from services import codes, passwords, second_step, sessions, trusted_browsers
from services.revocation import shut_every_door
from services.unit_of_work import write
from tests.support.browser import Browser
from tests.support.estate import Estate, estate
from tests.support.site import Site

NEW = "nine wandering teapots sing"


@pytest.fixture
def of(site: Site) -> Estate:
    return estate(site, "Borealis")


def meanwhile(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, act: Callable[[], object]) -> None:
    """Just before ``module.name`` returns for the first time, let another process do ``act``."""
    real = getattr(module, name)
    done: list[bool] = []

    def then(*arguments: Any, **options: Any) -> Any:
        answer = real(*arguments, **options)
        if not done:
            done.append(True)
            act()
        return answer

    monkeypatch.setattr(module, name, then)


def elsewhere(site: Site, act: Callable[[], None], wait: float = 20) -> threading.Thread:
    """Run ``act`` in an application context of its own, as another process would."""

    def run() -> None:
        with site.app.app_context():
            act()
            db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(wait)
    return thread


def change_password(of: Estate) -> None:
    with write() as session:
        user = session.get_one(User, of.owner.id)
        user.password_hash = passwords.hash_password(NEW)
        shut_every_door(user, "password reset")


def post_password(site: Site, of: Estate, browser: Browser | None = None) -> Browser:
    browser = browser or site.browser()
    browser.get("/login")
    browser.submit(email=of.owner.email, password=site.world.password)
    return browser


def test_a_password_that_is_changed_while_the_old_one_is_judged_lets_nobody_in(
    site: Site, of: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(
        monkeypatch,
        passwords,
        "password_matches",
        lambda: elsewhere(site, lambda: change_password(of)),
    )
    thief = post_password(site, of)
    assert thief.last.status == 422
    assert thief.get("/login/code").location == "/login"
    assert site.texts() == []


@pytest.mark.threat("D4")
def test_a_browser_that_loses_trust_while_the_password_is_judged_is_asked_for_a_code(
    site: Site, of: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = site.trusted(of.owner)

    def forget() -> None:
        trusted_browsers.revoke_all(db.session.get_one(User, of.owner.id), "not me")

    meanwhile(monkeypatch, passwords, "password_matches", lambda: elsewhere(site, forget))
    assert post_password(site, of, browser).last.location == "/login/code"


@pytest.mark.threat("A15")
def test_two_factor_that_goes_on_while_the_password_is_judged_asks_for_a_code(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = estate(site, "Dorado", two_factor=False)

    def turn_on() -> None:
        with write() as session:
            account = session.get_one(Account, of.account.id)
            account.two_factor_enabled_at, account.two_factor_enabled_by = account.created_at, "Dana"

    meanwhile(monkeypatch, passwords, "password_matches", lambda: elsewhere(site, turn_on))
    assert post_password(site, of).last.location == "/login/code"


def test_a_removed_user_whose_password_is_being_judged_stays_out(
    site: Site, of: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove() -> None:
        with write() as session:
            session.get_one(User, of.owner.id).removed_at = of.owner.created_at

    meanwhile(monkeypatch, passwords, "password_matches", lambda: elsewhere(site, remove))
    assert post_password(site, of).last.status == 422


@pytest.mark.threat("D4")
def test_a_code_to_the_number_before_is_worth_nothing_when_the_number_changes_under_way(
    site: Site, of: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_number() -> None:
        with write() as session:
            user = session.get_one(User, of.owner.id)
            user.mobile_number = "+447400129999"
            shut_every_door(user, "number changed")

    # After the user was read and the pending sign-in made, before the code is opened.
    meanwhile(monkeypatch, second_step, "wait_for_code", lambda: None)
    real = codes.open_challenge

    def late(*arguments: Any, **options: Any) -> Any:
        elsewhere(site, change_number)
        return real(*arguments, **options)

    monkeypatch.setattr(codes, "open_challenge", late)
    thief = post_password(site, of)
    assert site.texts(of.owner.mobile_number) == []
    assert thief.get("/contacts").location.startswith("/login")


def test_shutting_every_door_waits_for_who_is_coming_in_and_throws_them_out(
    site: Site, of: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief = post_password(site, of)
    thief.get("/login/code")
    code = site.code(of.owner.mobile_number)
    shutting: list[threading.Thread] = []
    # In the middle of the transaction that begins the session, the owner's other browser shuts every door.
    meanwhile(
        monkeypatch,
        trusted_browsers,
        "trust",
        lambda: shutting.append(elsewhere(site, lambda: change_password(of), wait=0.5)),
    )
    thief.submit(code=code)
    shutting[0].join(20)
    assert not shutting[0].is_alive()
    with site.context():
        open_ones = db.select(LoginSession).where(
            LoginSession.user_id == of.owner.id, LoginSession.ended_at.is_(None)
        )
        assert db.session.scalars(open_ones).all() == []
        live = db.select(TrustedBrowser).where(
            TrustedBrowser.user_id == of.owner.id, TrustedBrowser.revoked_at.is_(None)
        )
        assert db.session.scalars(live).all() == []
    assert thief.get("/contacts").location.startswith("/login")


def test_a_session_that_ended_while_its_code_was_judged_is_not_revived(
    site: Site, of: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = site.signed_in(of.owner)
    browser.get(browser.get("/settings/activity.csv").location)
    code = site.code(of.owner.mobile_number)

    def sign_out_everywhere() -> None:
        sessions.end_all(db.session.get_one(User, of.owner.id), "revoked")

    from services import step_up

    meanwhile(monkeypatch, step_up, "challenge_of", lambda: elsewhere(site, sign_out_everywhere))
    browser.submit(code=code)
    assert browser.get("/settings/activity.csv").location.startswith("/login")
