"""Limits that an attacker would slip past, or turn against somebody."""

import threading
from collections.abc import Callable

import pytest

from config import settings
from services import limits, passwords, second_step, sign_in
from services.origin import Origin, set_origin
from tests.support.at_once import at_once
from tests.support.estate import estate
from tests.support.site import LONG, Site

Make = Callable[..., Site]


def by_many(site: Site, count: int, act: Callable[[], str]) -> list[str]:
    """What ``count`` threads, started together, got; each is a process as far as the database can tell."""

    def one() -> str:
        with site.app.app_context():
            try:
                return act()
            except limits.LimitExceeded:
                return "limited"

    return at_once(*[one] * count)


@pytest.mark.asvs("6.3.1", "2.4.1")
@pytest.mark.threat("B5")
def test_parallel_passwords_are_judged_no_oftener_than_in_a_row(
    make_site: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site(LIMIT_SIGN_IN_USER="5/hour", **LONG)
    of = estate(site, "Borealis")
    judged: list[int] = []
    real = passwords.password_matches

    def counted(stored: str | None, password: str) -> bool:
        judged.append(1)
        return real(stored, password)

    monkeypatch.setattr(passwords, "password_matches", counted)

    def guess() -> str:
        set_origin("192.0.2.7")
        return type(sign_in.begin(of.owner.email, "wrong wrong wrong", browser_cookie="")).__name__

    answers = by_many(site, 15, guess)
    assert sorted(answers) == ["Refused"] * 5 + ["limited"] * 10
    assert len(judged) == 5


@pytest.mark.threat("B5")
def test_guesses_at_many_codes_at_once_do_not_slip_past_the_pause(make_site: Make) -> None:
    site = make_site(LIMIT_SMS_USER="1000/hour", LIMIT_SIGN_IN_USER="1000/hour")
    of = estate(site, "Borealis")
    tokens = []
    for _ in range(4):
        browser = site.browser()
        browser.get("/login")
        browser.submit(email=of.owner.email, password=site.world.password)
        with browser.client.session_transaction() as session:
            tokens.append(session["pending"])
    turns = iter(tokens * 5)
    lock = threading.Lock()

    def guess() -> str:
        with lock:
            token = next(turns)
        pending = second_step.find_pending(token)
        assert pending is not None
        verdict = second_step.enter_code(pending, "nothing", shared_computer=True, browser_cookie="")
        return "judged" if getattr(verdict, "judged", False) else "not judged"

    assert by_many(site, 20, guess).count("judged") == 10


@pytest.mark.threat("B11")
def test_hammering_a_name_does_not_keep_its_owner_from_changing_the_password(make_site: Make) -> None:
    site = make_site(LIMIT_SIGN_IN_USER="3/hour", **LONG)
    of = estate(site, "Borealis")
    owner = site.signed_in(of.owner)
    stranger = site.browser()
    for _ in range(4):
        stranger.post("/login", {"email": of.owner.email, "password": "wrong wrong wrong"})
    assert stranger.last.status == 429
    new = "nine wandering teapots sing"
    fields = {"current_password": site.world.password, "password": new, "password_again": new}
    assert owner.post("/settings/password", fields).status == 303


@pytest.mark.threat("B11")
def test_whoever_resets_the_password_by_mail_gets_in_though_a_stranger_hammers(make_site: Make) -> None:
    site = make_site(LIMIT_SIGN_IN_USER="3/hour", **LONG)
    of = estate(site, "Borealis")
    stranger = site.browser()
    for _ in range(4):
        stranger.post("/login", {"email": of.owner.email, "password": "wrong wrong wrong"})
    person = site.browser()
    person.post("/password/forgot", {"email": of.owner.email})
    new = "nine wandering teapots sing"
    person.post(site.link(of.owner.email, "/password/reset/"), {"password": new, "password_again": new})
    assert person.post("/login", {"email": of.owner.email, "password": new}).location == "/login/code"


@pytest.mark.threat("B12")
def test_the_current_password_cannot_be_guessed_at_leisure_in_an_open_session(make_site: Make) -> None:
    site = make_site(LIMIT_SIGN_IN_USER="3/hour", **LONG)
    of = estate(site, "Borealis")
    thief = site.signed_in(of.owner)
    fields = {"current_password": "wrong wrong", "password": "n" * 20, "password_again": "n" * 20}
    assert [thief.post("/settings/password", fields).status for _ in range(4)] == [422, 422, 422, 429]


@pytest.mark.threat("B8")
def test_one_line_with_many_ipv6_addresses_is_one_address() -> None:
    assert Origin("2001:db8:1:2::1").network == Origin("2001:db8:1:2:ffff:ffff:ffff:ffff").network
    assert Origin("2001:db8:1:2::1").network != Origin("2001:db8:1:3::1").network
    assert Origin("::ffff:192.0.2.1").network == Origin("192.0.2.1").network
    assert Origin("command line").network == "command line"


@pytest.mark.threat("B8")
@pytest.mark.asvs("4.1.3")
@pytest.mark.asvs("15.3.4")
def test_a_forged_forwarded_address_escapes_no_limit_and_is_not_recorded(make_site: Make) -> None:
    site = make_site(LIMIT_SIGN_IN_ADDRESS="3/hour", **LONG)
    browser = site.browser()
    statuses = [
        browser.post(
            "/login",
            {"email": f"nobody{at}@nowhere.example", "password": "wrong wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{at}", "X-Real-IP": f"203.0.113.{at}"},
        ).status
        for at in range(4)
    ]
    assert statuses == [422, 422, 422, 429]


@pytest.mark.threat("B8")
@pytest.mark.asvs("4.1.3")
@pytest.mark.parametrize(
    ("proxies", "header"),
    [
        # What the client writes stands on the left; each proxy adds, on the right, whom it was called by.
        (1, "{forged}, 198.51.100.7"),
        (1, "{forged}, {forged}, 198.51.100.7"),
        (1, "{forged}, 2001:db8:7:7::{at:x}"),
        (2, "{forged}, 198.51.100.7, 10.0.0.1"),
        (2, "{forged}, 2001:db8:7:7:{at:x}::1, 10.0.0.1"),
        # Around the outer proxy, with one entry: the address of the inner one counts.
        (2, "{forged}"),
    ],
)
def test_behind_proxies_only_what_they_wrote_counts(make_site: Make, proxies: int, header: str) -> None:
    site = make_site(TRUSTED_PROXIES=str(proxies), LIMIT_SIGN_IN_ADDRESS="3/hour")
    browser = site.browser()
    statuses = [
        browser.post(
            "/login",
            {"email": f"nobody{at}@nowhere.example", "password": "wrong wrong"},
            headers={"X-Forwarded-For": header.format(forged=f"203.0.113.{at}", at=at + 1)},
        ).status
        for at in range(4)
    ]
    assert statuses == [422, 422, 422, 429]


@pytest.mark.threat("B8")
def test_behind_a_proxy_other_people_are_not_held_up(make_site: Make) -> None:
    site = make_site(TRUSTED_PROXIES="1", LIMIT_SIGN_IN_ADDRESS="1/hour", **LONG)
    browser = site.browser()

    def status(address: str) -> int:
        fields = {"email": f"{address}@nowhere.example", "password": "wrong wrong"}
        return browser.post("/login", fields, headers={"X-Forwarded-For": address}).status

    assert [status(f"198.51.100.{at}") for at in range(3)] == [422] * 3
    assert [status("2001:db8:0:1::1"), status("2001:db8:0:2::1"), status("2001:db8:0:1::2")] == [
        422,
        422,
        429,
    ]


@pytest.mark.threat("B8")
@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("198.51.100.7:51234", "198.51.100.7"),
        ("[2001:db8:1:2::1]:51234", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_port_or_a_zone_that_a_proxy_writes_makes_no_other_address(written: str, network: str) -> None:
    assert Origin(written).network == network


def test_right_passwords_use_up_nothing_of_the_address(make_site: Make) -> None:
    site = make_site(LIMIT_SIGN_IN_ADDRESS="2/hour", **LONG)
    of = estate(site, "Borealis")
    for _ in range(4):
        browser = site.browser()
        assert (
            browser.post("/login", {"email": of.owner.email, "password": site.world.password}).status == 303
        )


def test_what_is_given_back_is_never_more_than_was_taken(site: Site) -> None:
    with site.context():
        limits.give_back_each({"exports_user": "somebody"})
        limits.hit("exports_user", "somebody")
        for _ in range(3):
            limits.give_back_each({"exports_user": "somebody"})
        most = int(settings().limit_exports_user.split("/")[0])
        for _ in range(most):
            limits.hit("exports_user", "somebody")
        with pytest.raises(limits.LimitExceeded):
            limits.hit("exports_user", "somebody")
