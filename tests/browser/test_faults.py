"""Processes die; what was accepted is not lost, and nobody is locked out or let in by it."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser

People = Callable[..., Person]
Companies = Callable[..., SimpleNamespace]


@pytest.fixture(params=["scripts", "postgresql"])
def setting(request: pytest.FixtureRequest) -> str:
    return request.param


def test_a_code_asked_for_while_the_worker_is_dead_comes_once_when_it_is_back(
    person: People, company: Companies
) -> None:
    ana = person(company(two_factor=True).ana)
    ana.site.kill_worker()
    ana.sign_in().heading("Check your phone")
    assert ana.site.texts(ana.user.mobile_number) == []
    ana.site.start_worker()
    ana.enter_code(ana.next_code(), "Sign in").heading("Contacts")
    assert len(ana.site.texts(ana.user.mobile_number)) == 1


def test_a_killed_web_process_costs_nobody_their_session(person: People, company: Companies) -> None:
    ana = person(company(two_factor=True).ana)
    ana.sign_in()
    ana.site.kill_a_web_process()
    ana.enter_code(ana.next_code(), "Sign in").heading("Contacts")
    ana.site.kill_a_web_process()
    ana.open("/contacts").heading("Contacts")
