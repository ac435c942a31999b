"""A limit holds in every span of its length, wherever it begins; n may, n+1 may not."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from services import limits
from services.clock import now
from services.limits import LimitExceeded
from tests.support.at_once import at_once
from tests.support.site import Site

Make = Callable[..., Site]


def is_allowed(subject: str = "a") -> bool:
    try:
        limits.hit("exports_user", subject)
    except LimitExceeded:
        return False
    return True


@pytest.mark.asvs("6.3.1", "2.4.1")
@pytest.mark.threat("B1")
@pytest.mark.parametrize("allowed", [1, 5])
def test_n_are_allowed_and_one_more_is_not(make_site: Make, allowed: int) -> None:
    site = make_site(LIMIT_EXPORTS_USER=f"{allowed}/hour")
    with site.context():
        assert [is_allowed() for _ in range(allowed + 1)] == [True] * allowed + [False]
        assert is_allowed("b")


def test_no_span_of_an_hour_has_more_than_the_limit_allows(make_site: Make) -> None:
    site = make_site(LIMIT_EXPORTS_USER="7/hour")
    chance = random.Random(7)
    passed = []
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        for _ in range(250):
            clock.shift(timedelta(seconds=chance.choice([0, 1, 60, 300, 1200])))
            if is_allowed():
                passed.append(now())
    assert len(passed) > 40
    for at in range(len(passed) - 7):
        assert passed[at + 7] - passed[at] >= timedelta(hours=1)


def test_the_wait_that_is_told_is_long_enough_and_no_longer_than_it_must(make_site: Make) -> None:
    site = make_site(LIMIT_EXPORTS_USER="2/hour")
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        is_allowed()
        clock.shift(timedelta(minutes=40))
        is_allowed()
        with pytest.raises(LimitExceeded) as refused:
            limits.check("exports_user", "a")
        assert 20 * 60 <= refused.value.retry_after <= 35 * 60
        clock.shift(refused.value.retry_after - 1)
        assert not is_allowed()
        clock.shift(1)
        assert [is_allowed(), is_allowed()] == [True, False]


def test_a_clock_that_was_set_back_gives_nobody_more(make_site: Make) -> None:
    site = make_site(LIMIT_EXPORTS_USER="3/hour")
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        assert [is_allowed() for _ in range(3)] == [True] * 3
        clock.shift(timedelta(hours=-1))
        assert not is_allowed()
        clock.shift(timedelta(hours=2, minutes=20))
        assert is_allowed()


def test_another_period_in_the_settings_begins_anew(make_site: Make) -> None:
    with make_site(LIMIT_EXPORTS_USER="1/hour").context():
        assert [is_allowed(), is_allowed()] == [True, False]
    with make_site(LIMIT_EXPORTS_USER="1/day").context():
        assert [is_allowed(), is_allowed()] == [True, False]


def test_what_is_given_back_may_be_used_again_also_a_slice_later(make_site: Make) -> None:
    site = make_site(LIMIT_EXPORTS_USER="2/hour")
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        limits.give_back_each({"exports_user": "a"})
        is_allowed()
        is_allowed()
        clock.shift(timedelta(minutes=16))
        assert not is_allowed()
        limits.give_back_each({"exports_user": "a"})
        assert [is_allowed(), is_allowed()] == [True, False]


def test_what_is_told_once_in_a_while_is_told_once(site: Site) -> None:
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        assert [limits.first_since("told", "a", 3600) for _ in range(3)] == [True, False, False]
        clock.shift(timedelta(minutes=80))
        assert limits.first_since("told", "a", 3600)


@pytest.mark.threat("B5")
def test_of_twenty_at_once_seven_are_allowed(make_site: Make) -> None:
    site = make_site(LIMIT_EXPORTS_USER="7/hour")

    def one() -> bool:
        with site.context():
            return is_allowed()

    answers = at_once(*[one] * 20)
    assert (answers.count(True), len(answers)) == (7, 20)
