"""The wait grows with every failure, and ends by itself."""

import contextlib
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from services import delays
from services.clock import now
from services.limits import LimitExceeded
from services.unit_of_work import write
from tests.support.at_once import at_once
from tests.support.site import Site

Make = Callable[..., Site]


def wait_of(subject: str) -> int:
    """0 when a try is answered (and counted as a failure), else the seconds until it will be."""
    try:
        delays.hit("sign_in_user", subject)
    except LimitExceeded as limit:
        return limit.retry_after
    return 0


@pytest.mark.asvs("6.3.1", "2.4.1")
@pytest.mark.threat("B1", "B11")
def test_five_failures_cost_nothing_and_then_the_wait_doubles_up_to_a_quarter_of_an_hour(site: Site) -> None:
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        assert [wait_of("a") for _ in range(5)] == [0] * 5
        waits = []
        for _ in range(12):
            waits.append(wait_of("a"))
            clock.shift(waits[-1] - 1)
            assert wait_of("a") == 1, "a second before the end it is not over"
            clock.shift(1)
            assert wait_of("a") == 0
        assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
        assert wait_of("b") == 0


@pytest.mark.threat("B11")
def test_tries_during_a_wait_do_not_prolong_it(site: Site) -> None:
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        for _ in range(8):
            clock.shift(wait_of("a") and 10)
            wait_of("a")
        before = wait_of("a")
        assert [wait_of("a") for _ in range(50)] == [before] * 50


def test_one_failure_is_forgotten_with_every_fraction_of_the_period(make_site: Make) -> None:
    site = make_site(LIMIT_SIGN_IN_USER="4/hour")
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        assert [wait_of("a") for _ in range(5)] == [0, 0, 0, 0, 1]
        clock.shift(timedelta(minutes=15))
        assert [wait_of("a") for _ in range(2)] == [0, 1]
        clock.shift(timedelta(minutes=30))
        assert [wait_of("a") for _ in range(3)] == [0, 0, 1]
        clock.shift(timedelta(hours=2))
        assert [wait_of("a") for _ in range(5)] == [0, 0, 0, 0, 1]


@pytest.mark.asvs("6.3.1")
def test_from_the_hundredth_failure_on_one_try_a_day_is_answered(site: Site) -> None:
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        while delays.failures("sign_in_user", "a") < 100:
            clock.shift(wait_of("a"))
        assert wait_of("a") == 86400
        clock.shift(86400)
        assert wait_of("a") == 0
        assert delays.failures("sign_in_user", "a") < 100, "five were forgotten in that day"


def test_a_try_that_was_no_failure_leaves_no_trace(site: Site) -> None:
    with site.context():
        for _ in range(4):
            wait_of("a")
        for _ in range(3):
            delays.give_back("sign_in_user", "a", delays.hit("sign_in_user", "a"))
        assert delays.failures("sign_in_user", "a") == 4
        assert wait_of("a") == 0
        assert wait_of("a") == 1


def test_a_try_given_back_does_not_end_the_wait_of_another(site: Site) -> None:
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        counted = delays.hit("sign_in_user", "a")
        clock.shift(timedelta(milliseconds=5))
        for _ in range(4):
            wait_of("a")
        delays.give_back("sign_in_user", "a", counted)
        assert wait_of("a") == 1


def test_a_clock_that_was_set_back_forgets_nothing_and_heals(site: Site) -> None:
    with site.context(), time_machine.travel(now(), tick=False) as clock:
        for _ in range(5):
            wait_of("a")
        clock.shift(timedelta(hours=-1))
        assert wait_of("a") == 3601
        clock.shift(timedelta(seconds=3601))
        assert wait_of("a") == 0


def test_what_rolls_back_was_not_counted(site: Site) -> None:
    with site.context():
        with contextlib.suppress(ZeroDivisionError), write():
            delays.hit("sign_in_user", "a")
            _ = 1 / 0
        assert delays.failures("sign_in_user", "a") == 0


@pytest.mark.threat("B5")
def test_of_twenty_at_once_five_are_answered(make_site: Make) -> None:
    site = make_site(SIGN_IN_DELAY="10 minutes to 15 minutes")

    def one() -> int:
        with site.context():
            return wait_of("a")

    assert at_once(*[one] * 20).count(0) == 5


@pytest.mark.threat("B11")
def test_a_network_that_many_share_never_waits_longer_than_the_longest_wait(site: Site) -> None:
    with site.context():
        of_network, of_name = (delays._Rule.of(name) for name in ("sign_in_address", "sign_in_user"))
        assert {of_network.wait(failures) for failures in (99, 100, 101, 5000)} == {900_000}
        assert of_name.wait(100) == 86_400_000
