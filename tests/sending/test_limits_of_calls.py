"""Who uses up whose calls."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from models import User
from services import sending
from services.clock import now
from services.limits import LimitExceeded
from services.unit_of_work import write
from tests.codes.test_calls import calls, fail_texts, waiting
from tests.support.site import Site

pytestmark = [pytest.mark.threat("G2")]
PHONE = "+447400123499"


def ring(
    site: Site, user: User, number: str = PHONE, *, proved: bool = True, changed: datetime | None = None
) -> str:
    """ "called", or the name of the limit that forbids it, and the page foresees whether."""
    call = sending.Code(user.id, user.account_id, number, proved, changed)
    with site.context():
        foreseen = sending.refusal_of_call(call)
        became = "called"
        try:
            with write():
                sending.count_call(call)
        except LimitExceeded as full:
            became = full.name
        assert (foreseen is None) == (became == "called")
        return became


def test_strangers_who_say_that_a_number_is_theirs_use_up_no_call_of_its_owner(site: Site) -> None:
    strangers = [site.world.acme(two_factor=False)[1] for _ in range(3)]
    rung = [ring(site, one, proved=False) for one in strangers]
    assert rung == ["called", "called", "calls_new_number"]
    victim = site.world.acme()[1]
    assert [ring(site, victim) for _ in range(5)] == ["called"] * 5
    assert ring(site, victim) in {"calls_number", "calls_user"}


def test_calls_to_new_numbers_count_towards_person_account_and_site(make_site: Any) -> None:
    site = make_site(LIMIT_CALLS_USER="2/day", LIMIT_CALLS_ACCOUNT="3/day", LIMIT_CALLS_SITE="4/day")
    account, owner = site.world.acme()
    user, other = site.world.user(account), site.world.acme()[1]
    numbers = [f"+44740013000{at}" for at in range(6)]
    assert [ring(site, owner, one, proved=False) for one in numbers[:3]] == ["called"] * 2 + ["calls_user"]
    assert [ring(site, user, one, proved=False) for one in numbers[:2]] == ["called", "calls_account"]
    assert [ring(site, other, one, proved=False) for one in numbers[4:]] == ["called", "calls_site"]


def test_a_new_password_brings_calls_that_the_old_one_used_up_and_not_without_end(make_site: Any) -> None:
    site = make_site(LIMIT_CALLS_USER="2/day")
    victim = site.world.acme()[1]
    assert [ring(site, victim) for _ in range(3)] == ["called", "called", "calls_user"]
    assert ring(site, victim, changed=now() - timedelta(hours=25)) == "calls_user"
    fresh = now() - timedelta(minutes=5)
    rung = [ring(site, victim, changed=fresh) for _ in range(3)]
    assert rung == ["called", "called", "calls_rescue"]
    assert ring(site, victim, "+447400123498", changed=fresh) == "calls_rescue", "a second phone is no way on"


def test_many_people_with_fresh_passwords_ring_one_phone_no_more_for_it(make_site: Any) -> None:
    site = make_site(LIMIT_CALLS_NUMBER="1/day")
    people = [site.world.acme()[1] for _ in range(4)]
    rung = [ring(site, one, changed=now()) for one in people]
    assert rung == ["called", "called", "called", "calls_rescue"]


def test_a_new_password_brings_no_call_to_a_number_that_nobody_confirmed(site: Site) -> None:
    owner = site.world.acme()[1]
    rung = [ring(site, owner, proved=False, changed=now()) for _ in range(3)]
    assert rung == ["called", "called", "calls_new_number"]


def test_the_code_page_calls_whoever_has_a_new_password(make_site: Any) -> None:
    site = make_site(LIMIT_CALLS_USER="1/day")
    owner = site.world.acme()[1]
    assert ring(site, owner, "+447400123498") == "called"
    browser = waiting(site, owner)
    fail_texts(site)
    assert browser.submit(form="/login/code/call").status == 429
    with site.context(), write() as session:
        session.get_one(User, owner.id).password_changed_at = now()
    browser.get("/login/code")
    assert browser.submit(form="/login/code/call").status == 303
    assert [call["to"] for call in calls(site)] == [owner.mobile_number]
